#include "procedures/cycle/translator.hpp"

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kTranslatedTogether = 32;

std::size_t domain_of(const std::string& direction) {
  for (const std::size_t domain : kDomains)
    if (direction == kDirections[domain]) return domain;
  throw UserError(
      fmt::format("direction is {}; expected {} or {}", direction, kDirections[0], kDirections[1]));
}

}  // namespace

Translator::Translator(const OfDomains<std::shared_ptr<Network>>& generators,
                       const OfDomains<ImageShape>& shapes, const at::TensorOptions& compute)
    : generators_(generators), shapes_(shapes), compute_(compute) {
  for (const std::size_t domain : kDomains)
    shown_[domain] = at::zeros({kShown, shapes[domain].channels, shapes[domain].height, shapes[domain].width},
                               compute.device(at::kCPU));
}

at::Tensor Translator::translate(std::size_t domain, const at::Tensor& images) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> translated;
  for (const at::Tensor& piece : images.split(kTranslatedTogether))
    translated.push_back(generators_[domain]->forward(piece.to(compute_), {}).cpu());
  return at::cat(translated);
}

void Translator::keep(std::size_t domain, std::int64_t first, const at::Tensor& images) {
  const std::int64_t count = std::min(images.size(0), kShown - first);
  shown_[domain].narrow(0, first, count).copy_(images.narrow(0, 0, count));
}

SampleSet Translator::sample(const SampleRequest& request) const {
  if (const auto* asked = std::get_if<Translation>(&request.of))
    return {.values = translate(domain_of(asked->direction),
                                asked->images.narrow(0, request.first_place, request.count))};
  const at::Tensor pictures = at::stack({show_cycles(0), show_cycles(1)}, 1).flatten(0, 1);
  const at::Tensor places = at::arange(request.first_place, request.first_place + request.count);
  return {.values = pictures.index_select(0, places.remainder(pictures.size(0)))};
}

at::Tensor Translator::show_cycles(std::size_t domain) const {
  const at::Tensor there = translate(domain, shown_[domain]), back = translate(other_domain(domain), there);
  const std::int64_t channels = std::max(shapes_[0].channels, shapes_[1].channels);
  return at::cat({with_channels(shown_[domain], channels), with_channels(there, channels),
                  with_channels(back, channels)},
                 3);
}

SampleForm Translator::form(const std::array<double, 2>& pixels) const {
  SampleForm form{.inputs = {SampleInput::image}, .pixels = pixels, .distinct = 2 * kShown};
  for (const std::size_t domain : kDomains)
    form.directions.push_back({.name = kDirections[domain], .from = shapes_[domain]});
  return form;
}

std::vector<NamedTensor> Translator::state() const {
  return {{"shown_a", shown_[0]}, {"shown_b", shown_[1]}};
}

}  // namespace ganymede
