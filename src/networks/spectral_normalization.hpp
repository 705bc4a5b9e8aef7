// Spectral normalisation (Miyato et al. 2018): every linear and convolutional layer of a network computes
// with its weight divided by the weight's largest singular value, found by power iteration.
#pragma once

#include "networks/network.hpp"

namespace ganymede {

// Wraps a network made by make_network. The left singular vectors are buffers ("spectral_vector<k>", layer by
// layer), saved with the network and equal on all ranks: they start from the seed, followed by 15 iterations,
// and each begin_update makes one more (Miyato's algorithm 1). The gradient flows through weight and singular
// value, the vectors are constants of it.
std::shared_ptr<Network> normalize_spectrally(std::shared_ptr<Network> network, std::uint64_t seed,
                                              StreamCode id);

}  // namespace ganymede
