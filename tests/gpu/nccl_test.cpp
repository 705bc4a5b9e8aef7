// Gradients by the real NCCL on one GPU, which is the only rank: as without it, whatever travels.
#include <c10/cuda/CUDAStream.h>
#include <gtest/gtest.h>

#include "distributed/nccl/nccl_gradient_exchange.hpp"
#include "tests/procedures/device_training.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {
namespace {

constexpr std::uint64_t kNcclSeed = 8;
constexpr std::int64_t kNcclSteps = 20;

class OneGpuOverNccl : public testing::TestWithParam<NcclSums> {
 protected:
  static std::unique_ptr<GradientExchange> exchange(Communicator& communicator, at::Device device) {
    return std::make_unique<NcclGradientExchange>(
        communicator,
        NcclOptions{.device = device,
                    .compute_stream = [] { return c10::cuda::getCurrentCUDAStream(0).stream(); },
                    .sums = GetParam(),
                    .bucket_bytes = 2000,
                    .timeout_seconds = 20});
  }
};

TEST_P(OneGpuOverNccl, TrainsAsTheCpu) {
  check_each_kind([](const auto& options, const std::vector<DataSpec>& sources, const auto& batches_of,
                     double tolerance) {
    const auto train = [&](DeviceTraining& training) {
      for (std::int64_t step = 0; step < kNcclSteps; ++step)
        training.procedure().step(step, training.bring(batches_of(training.procedure(), step)));
      return take_snapshot(training.procedure());
    };
    DeviceTraining here(at::kCPU, options, sources, kNcclSeed);
    DeviceTraining there(tested_device(), options, sources, kNcclSeed, at::kDouble, exchange);
    expect_same_state(train(there), train(here), tolerance);
  });
}

TEST_P(OneGpuOverNccl, SumsAreItsOwnNumbers) {
  LoneCommunicator communicator;
  const auto gradients = exchange(communicator, tested_device());
  const Gradients buffer = gradients->allocate_gradients(3000, at::kFloat);
  const at::Tensor numbers = at::randn({3000});
  buffer.own.narrow(0, 0, 3000).copy_(numbers);
  const std::int64_t first = gradients->bucket_granule();
  const std::array buckets{ElementRange{0, first}, ElementRange{first, 3000}};
  gradients->start_sums(buffer, buckets);
  gradients->finish_sums();
  const at::Tensor values = buffer.own.clone();
  gradients->all_reduce_sum_(values);
  gradients->broadcast_values_(values);
  const at::Tensor gathered = gradients->all_gather(values);
  gradients->wait();
  EXPECT_TRUE(at::equal(values.narrow(0, 0, 3000).cpu(), numbers));
  EXPECT_TRUE(at::equal(gathered[0].narrow(0, 0, 3000).cpu(), numbers));
}

INSTANTIATE_TEST_SUITE_P(Sums, OneGpuOverNccl, testing::Values(NcclSums::everywhere, NcclSums::scattered),
                         [](const auto& sums) {
                           return sums.param == NcclSums::everywhere ? "everywhere" : "scattered";
                         });

}  // namespace
}  // namespace ganymede
