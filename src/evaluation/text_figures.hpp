// How good generated texts are: near to texts that were not trained on, and unlike one another.
#pragma once

#include <ATen/core/Tensor.h>

#include "procedures/figures.hpp"

namespace ganymede {

// BLEU-2 to 4 (as far as sequences are long) of int64 [n, length] against references [m, length], which
// `references_are` names, and Self-BLEU: a generator that says the same again and again has a high one.
Figures measure_texts(const at::Tensor& generated, const at::Tensor& references,
                      const std::string& references_are);

}  // namespace ganymede
