// What every network is made for, besides its own options.
#pragma once

#include "base/image_shape.hpp"
#include "distributed/communicator.hpp"
#include "networks/network.hpp"

namespace ganymede {

struct NetworkSetting {
  ImageShape shape;                 // of what the generator makes, or of what the discriminator sees
  std::int64_t condition_size = 0;  // 0: unconditional
  std::uint64_t seed = 0;
  StreamCode id = {};          // which of the procedure's networks: each draws numbers of its own
  Communicator& communicator;  // joins the ranks that share batch statistics; outlives the network
};

}  // namespace ganymede
