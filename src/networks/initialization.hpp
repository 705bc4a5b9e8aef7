// Initial weights, drawn from counter-based streams: a function of the seed, the network and the place of the
// parameter in the module, the same on every rank.
#pragma once

#include "networks/network.hpp"

namespace ganymede {

// U(-b, b) with b = 1 / sqrt(fan_in) for weights and biases: what PyTorch gives a Linear layer. fan_in is of
// the weight that stands beside the bias; normalisation keeps its ones and zeros.
void initialize_like_pytorch(torch::nn::Module& module, std::uint64_t seed, StreamCode network);

// Glorot uniform, U(-b, b) with b = sqrt(6 / (fan_in + fan_out)), for every parameter of two or more
// dimensions, zero for their biases (Glorot and Bengio 2010; Keras's default). Parameters of one dimension
// named "weight" (normalisation) stay as they are.
void initialize_like_keras(torch::nn::Module& module, std::uint64_t seed, StreamCode network);

// N(0, deviation) for every parameter, biases too.
void initialize_normal_everywhere(torch::nn::Module& module, double deviation, std::uint64_t seed,
                                  StreamCode network);

// U(-bound, bound) for one, number `index` of its network.
void initialize_uniform(const at::Tensor& parameter, double bound, std::uint64_t seed, StreamCode network,
                        std::size_t index);

// What PyTorch gives an embedding, N(0, 1), an LSTM and the linear layer behind it, U(-b, b) with
// b = 1 / sqrt(hidden_size).
void initialize_sequence_network(torch::nn::Module& module, std::int64_t hidden_size, std::uint64_t seed,
                                 StreamCode network);

// N(0, deviation) for every parameter of two or more dimensions, zero for biases (Radford et al. 2015,
// section 4); normalisation keeps its ones.
void initialize_normal(torch::nn::Module& module, double deviation, std::uint64_t seed, StreamCode network);

}  // namespace ganymede
