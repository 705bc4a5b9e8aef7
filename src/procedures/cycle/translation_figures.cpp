#include "procedures/cycle/translation_figures.hpp"

#include "base/error.hpp"

namespace ganymede {
namespace {

double mean_error(const at::Tensor& images, const at::Tensor& truth, double range) {
  return (images - truth).abs().mean(at::kDouble).item<double>() / range;
}

// The share of images to which, of all that are held out, the true partner is the nearest.
double matched(const at::Tensor& images, const at::Tensor& truth) {
  const at::Tensor nearest = at::cdist(images.flatten(1), truth.flatten(1), /*p=*/1).argmin(1);
  return nearest.eq(at::arange(truth.size(0))).to(at::kDouble).mean().item<double>();
}

// Of translations against the true partners, beside what needs no network.
Figures measure_against_partners(const std::string& direction, const at::Tensor& source,
                                 const at::Tensor& translated, const at::Tensor& truth, double range) {
  const at::Tensor copies = with_channels(source, truth.size(1));
  const at::Tensor colour = truth.mean({0, 2, 3}, /*keepdim=*/true), image = truth.mean(0, /*keepdim=*/true);
  return {{direction + "_error", mean_error(translated, truth, range), "against the true partner"},
          {direction + "_copy_error", mean_error(copies, truth, range), "the same of an untranslated copy",
           /*fixed=*/true},
          {direction + "_matched", matched(translated, truth),
           "share whose nearest held-out image is the true partner"},
          {direction + "_copy_matched", matched(copies, truth), "the same of an untranslated copy",
           /*fixed=*/true},
          {direction + "_mean_colour_error", mean_error(colour, truth, range), "the same of the mean colour",
           /*fixed=*/true},
          {direction + "_mean_image_error", mean_error(image, truth, range),
           "the same of the mean of all partners", /*fixed=*/true}};
}

}  // namespace

Figures measure_translations(
    const MeasuredTranslations& measured,
    const std::function<at::Tensor(std::size_t domain, const at::Tensor& images)>& translate) {
  const auto& real = measured.real;
  require(
      !measured.are_pairs || real[0].size(0) == real[1].size(0),
      "cycle.held_out_pairs is true, but data.held_out has {} and {} images; expected as many of each, in "
      "one order, or held_out_pairs: false",
      real[0].size(0), real[1].size(0));
  Figures figures, of_pairs;
  for (const std::size_t domain : kDomains) {
    const std::size_t to = other_domain(domain);
    const at::Tensor there = translate(domain, real[domain]), back = translate(to, there);
    figures.push_back({fmt::format("cycle_error_{}", domain == 0 ? "a" : "b"),
                       mean_error(back, real[domain], measured.range),
                       "of held-out images translated there and back; 1 is black for white"});
    if (!measured.are_pairs) continue;
    append(of_pairs, measure_against_partners(domain == 0 ? "a_to_b" : "b_to_a", real[domain], there,
                                              real[to], measured.range));
  }
  append(figures, of_pairs);
  return figures;
}

}  // namespace ganymede
