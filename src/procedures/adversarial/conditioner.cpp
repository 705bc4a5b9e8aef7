#include "procedures/adversarial/conditioner.hpp"

namespace ganymede {

Conditions Conditioner::own_of(const Round& round) const {
  if (encoder_ == nullptr) return {.real = one_hot_(round.real_labels), .fake = one_hot_(round.fake_labels)};
  const at::Tensor own = encode(round.captions);
  return {.real = own, .fake = own};
}

Conditions Conditioner::constants_of(const Round& round) const {
  const at::NoGradGuard no_grad;
  return own_of(round);
}

Conditions Conditioner::of(const Round& round) const {
  if (!round.mismatched_captions.defined()) return own_of(round);
  const std::vector<at::Tensor> both = encode(at::cat({round.captions, round.mismatched_captions})).chunk(2);
  return {.real = both[0], .fake = both[0], .mismatched = both[1]};
}

at::Tensor Conditioner::of(const SampleRequest& request, SampleSet& samples) const {
  const at::Tensor places = at::arange(request.first_place, request.first_place + request.count);
  if (encoder_ == nullptr) {
    if (classes() == 0) return {};
    const auto* label = std::get_if<ClassLabel>(&request.of);
    samples.labels =
        label ? at::full({request.count}, label->number, at::kLong) : places.remainder(classes());
    return one_hot_(samples.labels);
  }
  const auto* text = std::get_if<std::string>(&request.of);
  const at::Tensor captions =
      text ? coder_.encode_asked(*text).expand({request.count, -1})
           : shown_.index_select(0, places.div(kSamplesACaption, "floor").remainder(kShownCaptions));
  for (std::int64_t row = 0; row < request.count; ++row)
    samples.texts.push_back(coder_.decode(captions[row]));
  return encode(captions);
}

void Conditioner::show(const at::Tensor& captions) {
  std::vector<at::Tensor> different;
  for (const at::Tensor& caption : captions.cpu().unbind()) {
    const bool is_new = std::none_of(different.begin(), different.end(),
                                     [&](const at::Tensor& one) { return at::equal(one, caption); });
    if (is_new) different.push_back(caption);
    if (different.size() == kShownCaptions) break;
  }
  for (std::int64_t i = 0; i < kShownCaptions; ++i)
    shown_[i].copy_(different[static_cast<std::size_t>(i) % different.size()]);
}

}  // namespace ganymede
