// Dropout whose mask comes from counter-based streams (Srivastava et al. 2014, inverted scaling).
#pragma once

#include "networks/network.hpp"

namespace ganymede {

// Zeroes each element with the given probability and scales the others by 1 / (1 - probability); element e
// of a row is kept when its uniform number is >= probability. Identity outside training. `layer` tells the
// dropout layers of one network apart.
at::Tensor dropout(const at::Tensor& input, double probability, StreamCode network, std::uint8_t layer,
                   const ForwardContext& context);

// The same of a leaky ReLU of the input, in fewer passes over memory.
at::Tensor leaky_relu_dropout(const at::Tensor& input, double slope, double probability, StreamCode network,
                              std::uint8_t layer, const ForwardContext& context);

}  // namespace ganymede
