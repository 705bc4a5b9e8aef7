// The memory of batches: used again, but never while somebody holds a batch or a part of one.
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "data/loading/batch_loader.hpp"
#include "data/loading/tensor_pool.hpp"
#include "tests/data/small_dataset.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

class BatchMemory : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const DatasetIndex index_ = write_small_dataset(folder_ / "small");
  // Windows of two chunks, so that their memory is used again too.
  const BatchLoaderOptions options_{
      .seed = 5, .global_batch_size = 11, .window_bytes = 2 * 8 * kSmallShape.pixels()};
};

TEST_F(BatchMemory, IsUsedAgain) {
  BatchLoader loader(index_, options_, 0, 1);
  std::set<const void*> images, labels;
  for (int step = 0; step < 200; ++step) {
    const Batch batch = loader.next();
    images.insert(batch.fields[0].const_data_ptr());
    labels.insert(batch.fields[1].const_data_ptr());
  }
  // Those that wait, the one that is being made, and the one or two that the consumer holds meanwhile.
  const auto most = static_cast<std::size_t>(options_.prefetch_batches) + 3;
  EXPECT_LE(images.size(), most);
  EXPECT_LE(labels.size(), most);
}

TEST_F(BatchMemory, BatchesThatAreHeldKeepTheirContents) {
  // As critic steps hold them: a step's batches together, then all at once released; and far more than that.
  for (const std::size_t held : {1U, 5U, 40U}) {
    BatchLoader loader(index_, options_, 0, 1), other(index_, options_, 0, 1);
    std::deque<Batch> batches;
    std::deque<at::Tensor> images, labels;
    for (int step = 0; step < 120; ++step) {
      batches.push_back(loader.next());
      const Batch copied = other.next();
      images.push_back(copied.fields[0].clone());
      labels.push_back(copied.fields[1].clone());
      if (batches.size() < held) continue;
      for (std::size_t i = 0; i < held; ++i) {
        ASSERT_TRUE(at::equal(batches[i].fields[0], images[i])) << "step " << step << ", batch " << i;
        ASSERT_TRUE(at::equal(batches[i].fields[1], labels[i])) << "step " << step << ", batch " << i;
      }
      // Every third time all of them go, else the oldest.
      const std::size_t released = step % 3 == 0 ? held : 1;
      batches.erase(batches.begin(), batches.begin() + static_cast<std::ptrdiff_t>(released));
      images.erase(images.begin(), images.begin() + static_cast<std::ptrdiff_t>(released));
      labels.erase(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(released));
    }
  }
}

TEST_F(BatchMemory, AViewIsEnoughToKeepIt) {
  BatchLoader loader(index_, options_, 0, 1);
  const at::Tensor row = loader.next().fields[0][3].narrow(0, 1, 1);
  const at::Tensor copy = row.clone();
  for (int step = 0; step < 50; ++step) loader.next();
  EXPECT_TRUE(at::equal(row, copy));
}

TEST_F(BatchMemory, WhatAutogradNotesOnABatchEndsWithIt) {
  BatchLoader loader(index_, options_, 0, 1);
  for (int step = 0; step < 50; ++step) {
    const Batch batch = loader.next();
    EXPECT_FALSE(batch.fields[0].requires_grad() || batch.fields[0].grad().defined()) << step;
    batch.fields[0].requires_grad_();
    batch.fields[0].square().sum().backward();
    EXPECT_TRUE(at::equal(batch.fields[0].grad(), batch.fields[0].detach() * 2));
  }
}

TEST(TensorPool, GivesFreeMemoryThatIsLargeEnough) {
  TensorPool pool(at::kFloat);
  at::Tensor first = pool.take({2, 3});
  EXPECT_EQ(first.sizes(), at::IntArrayRef({2, 3}));
  EXPECT_TRUE(first.is_contiguous());
  const void* memory = first.const_data_ptr();
  EXPECT_NE(pool.take({6}).const_data_ptr(), memory) << "it is held";
  first.reset();
  at::Tensor smaller = pool.take({5});
  EXPECT_EQ(smaller.const_data_ptr(), memory);
  smaller.reset();
  EXPECT_EQ(pool.take({100, 100}).fill_(1).sum().item<float>(), 10'000);
  EXPECT_EQ(pool.take({0, 3}).numel(), 0);
}

}  // namespace
}  // namespace ganymede
