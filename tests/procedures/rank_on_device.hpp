// A rank whose gradients live on the tested device and travel by NCCL: doubles of both, or the real ones.
#pragma once

#include "distributed/mpi/mpi_communicator.hpp"
#include "distributed/nccl/nccl_gradient_exchange.hpp"
#include "tests/support/compute_stream.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {

// Has a communicator of all ranks, as long as it lives.
class RankOnDevice {
 public:
  explicit RankOnDevice(NcclSums sums) {
    communicator_.carry_gradients_by(std::make_unique<NcclGradientExchange>(
        communicator_, NcclOptions{.device = tested_device(),
                                   .compute_stream = [this] { return stream_.get(); },
                                   .sums = sums,
                                   .bucket_bytes = 2000,
                                   .timeout_seconds = 20}));
  }
  ~RankOnDevice() { communicator_.carry_gradients_by(nullptr); }
  RankOnDevice(const RankOnDevice&) = delete;
  RankOnDevice& operator=(const RankOnDevice&) = delete;

  Communicator& communicator() { return communicator_; }

 private:
  ComputeStream stream_;
  MpiCommunicator communicator_;
};

}  // namespace ganymede
