// How good translations are of images that were not trained on.
#pragma once

#include <functional>

#include "procedures/cycle/domains.hpp"
#include "procedures/figures.hpp"

namespace ganymede {

struct MeasuredTranslations {
  OfDomains<at::Tensor> real;  // images [count, channels, height, width]
  bool are_pairs = false;      // image i of one domain shows the same thing as image i of the other
  double range = 2;            // from black to white
};

// Mean absolute errors, of which 1 is black in place of white: of images translated there and back, and,
// where the true partner is known, of translations, of copies, and of one colour and one image for all, their
// means. translate(domain, images) translates from that domain. Throws UserError where pairs do not pair.
Figures measure_translations(
    const MeasuredTranslations& measured,
    const std::function<at::Tensor(std::size_t domain, const at::Tensor& images)>& translate);

}  // namespace ganymede
