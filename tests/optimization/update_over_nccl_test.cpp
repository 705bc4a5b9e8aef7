// A network's updates over NCCL's double, in host memory: what computes here is no stream, so the test waits
// where a device would follow events.
#include <gtest/gtest.h>

#include "distributed/nccl/nccl_gradient_exchange.hpp"
#include "optimization/gradient_averager.hpp"
#include "optimization/gradient_clipping.hpp"
#include "optimization/optimizer.hpp"
#include "tests/optimization/small_network.hpp"
#include "tests/support/mpi_environment.hpp"

namespace ganymede {
namespace {

// The values after three clipped steps of Adam, to which each rank brings a row of its own.
at::Tensor train_over(GradientExchange& exchange) {
  const auto network = make_discriminator(
      MlpDiscriminatorOptions{.hidden_sizes = {300, 100}}, /*spectral_normalization=*/false,
      {.shape = {.channels = 1, .height = 2, .width = 2}, .seed = 1, .communicator = alone()}, at::kDouble);
  ParameterArena arena(*network, exchange);
  exchange.wait();
  GradientAverager averager(arena);
  const auto optimizer = make_optimizer(AdamOptions{.learning_rate = 0.1}, arena);
  const at::Tensor row = at::full({1, 4}, 1.0 + world().rank(), at::kDouble);
  for (int step = 0; step < 3; ++step) {
    auto pending = averager.begin();
    forward(*network, row).sum().backward();
    pending.finish();
    exchange.wait();
    clip_gradient_norm(arena, 1e-3);
    optimizer->step(1);
    arena.publish();
    exchange.wait();
  }
  return arena.values().clone();
}

TEST(UpdateOverNccl, EqualsThatInTheMemoryOfHosts) {
  cudaStream_t compute = nullptr;
  cudaStreamCreateWithPriority(&compute, cudaStreamNonBlocking, -5);
  const at::Tensor expected = train_over(world().gradients());
  std::vector<at::Tensor> values;
  for (const NcclSums sums : {NcclSums::scattered, NcclSums::everywhere}) {
    NcclGradientExchange exchange(world(), {.device = at::kCPU,
                                            .compute_stream = [&] { return compute; },
                                            .sums = sums,
                                            .bucket_bytes = 100'000,
                                            .timeout_seconds = 20});
    values.push_back(train_over(exchange));
    EXPECT_TRUE(at::allclose(values.back(), expected, 1e-9, 1e-12));
  }
  EXPECT_TRUE(at::equal(values[0], values[1])) << "the way of the sums does not show";
  const at::Tensor of_root = values[0].clone();
  world().broadcast_(of_root);
  EXPECT_TRUE(at::equal(values[0], of_root)) << "replicas are equal";
  cudaStreamDestroy(compute);
}

}  // namespace
}  // namespace ganymede
