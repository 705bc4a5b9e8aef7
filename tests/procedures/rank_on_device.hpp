// A rank whose gradients live on a device and travel by NCCL: doubles of both. A device's operations wait for
// the stream that computes, as those of a GPU in that stream would.
#pragma once

#include "distributed/mpi/mpi_communicator.hpp"
#include "distributed/nccl/nccl_gradient_exchange.hpp"
#include "tests/doubles/accelerator_double.hpp"

namespace ganymede {

// Has a communicator of all ranks, as long as it lives.
class RankOnDevice {
 public:
  explicit RankOnDevice(NcclSums sums) {
    cudaStreamCreateWithPriority(&compute_, cudaStreamNonBlocking, -5);
    wait_before_operations([this] { cudaStreamSynchronize(compute_); });
    communicator_.carry_gradients_by(std::make_unique<NcclGradientExchange>(
        communicator_, NcclOptions{.device = accelerator_double(),
                                   .compute_stream = [this] { return compute_; },
                                   .sums = sums,
                                   .bucket_bytes = 2000,
                                   .timeout_seconds = 20}));
  }
  ~RankOnDevice() {
    communicator_.carry_gradients_by(nullptr);
    wait_before_operations({});
    cudaStreamDestroy(compute_);
  }
  RankOnDevice(const RankOnDevice&) = delete;
  RankOnDevice& operator=(const RankOnDevice&) = delete;

  Communicator& communicator() { return communicator_; }

 private:
  cudaStream_t compute_ = nullptr;
  MpiCommunicator communicator_;
};

}  // namespace ganymede
