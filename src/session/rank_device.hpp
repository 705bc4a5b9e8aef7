// The device that each rank computes on.
#pragma once

#include <optional>

#include "recipe/recipe.hpp"

namespace ganymede {

// How many this process may train on; nothing where the program was built without CUDA.
std::optional<std::int64_t> usable_gpus();

// What a rank finds: identifiers of the GPUs that it sees, in their order.
struct GpusOfRank {
  std::string host;
  std::vector<std::string> ids;
};

// Of each rank the number, among those that it sees, of the GPU that is its own: that of its place on its
// host, or the only one that a batch system lets it see. Throws UserError, which names host and ranks, where
// one would have none of its own.
std::vector<int> deal_gpus(const std::vector<GpusOfRank>& of_ranks);

// This rank's, as the recipe asks; where it is a GPU, gradients travel by NCCL from now on. Throws
// AgreedError where not every rank can have one and the recipe asks for it. Collective.
at::Device agree_on_device(const Recipe& recipe, Communicator& communicator);

}  // namespace ganymede
