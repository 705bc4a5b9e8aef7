// A network of 32 parameters for the tests of what updates one.
#pragma once

#include "distributed/lone_communicator.hpp"
#include "networks/registry.hpp"

namespace ganymede {

// Of each thread: a communicator is a rank's own.
inline Communicator& alone() {
  thread_local LoneCommunicator communicator;
  return communicator;
}

inline std::shared_ptr<Network> small_network() {
  return make_discriminator(
      MlpDiscriminatorOptions{.hidden_sizes = {5, 3}}, /*spectral_normalization=*/false,
      {.shape = {.channels = 1, .height = 2, .width = 2}, .seed = 1, .communicator = alone()}, at::kDouble);
}

inline at::Tensor forward(Network& network, const at::Tensor& rows) {
  return network.forward(rows.view({-1, 1, 2, 2}), ForwardContext{.training = true});
}

}  // namespace ganymede
