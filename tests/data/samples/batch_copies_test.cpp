// Batches that are copied ahead to a device: a double of one, whose copies are as late or as early as they
// may be, or a GPU.
#include "data/samples/batch_copies.hpp"

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "tests/support/tested_device.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kNumbersOfBatch = 1 << 18;
constexpr int kBatches = 40;

// Pinned memory, as a loader has it: free for the next batch as soon as nobody holds it.
class ReusedMemory {
 public:
  at::Tensor take() {
    auto free = std::find_if(memory_.begin(), memory_.end(),
                             [](const at::Storage& storage) { return storage.use_count() == 1; });
    if (free == memory_.end())
      free = memory_.insert(
          free, at::empty({kNumbersOfBatch}, at::TensorOptions(at::kFloat).pinned_memory(true)).storage());
    return at::empty({0}).set_(*free, 0, {kNumbersOfBatch});
  }
  std::size_t pieces() const { return memory_.size(); }

 private:
  std::vector<at::Storage> memory_;
};

// ahead: copies that are begun before the step that takes the first of them.
class BatchCopiesAhead : public testing::TestWithParam<std::size_t> {};

TEST_P(BatchCopiesAhead, ArriveWholeAtEachStep) {
  const at::Device device = tested_device();
  at_each_timing_of_device([&] {
    const c10::StreamGuard computing(
        c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device));
    BatchCopies copies(device);
    ReusedMemory memory;
    std::deque<ComingBatch> coming;
    std::vector<at::Tensor> seen;
    for (int number = 0; number < kBatches; ++number) {
      coming.push_back(copies.begin({.fields = {memory.take().fill_(number)}}));
      if (coming.size() <= GetParam()) continue;
      const Batch batch = arrived(std::move(coming.front()));
      coming.pop_front();
      // As a step that is recorded is given its batch.
      seen.push_back(at::empty_like(batch.fields[0]));
      seen.back().copy_(batch.fields[0], /*non_blocking=*/true);
    }
    for (std::size_t step = 0; step < seen.size(); ++step)
      EXPECT_TRUE((seen[step].cpu() == static_cast<double>(step)).all().item<bool>()) << "step " << step;
    EXPECT_EQ(memory.pieces(), 2U) << "one is copied while the other is filled";
  });
}

INSTANTIATE_TEST_SUITE_P(Batches, BatchCopiesAhead, testing::Values(0, 1, 4));

TEST(BatchCopiesOfHost, AreNone) {
  const at::Tensor numbers = at::arange(5);
  const ComingBatch coming = BatchCopies(at::kCPU).begin({.fields = {numbers}, .number = 3});
  EXPECT_EQ(coming.copied, nullptr);
  const Batch batch = arrived(coming);
  EXPECT_TRUE(batch.fields[0].is_same(numbers));
  EXPECT_EQ(batch.number, 3);
}

}  // namespace
}  // namespace ganymede
