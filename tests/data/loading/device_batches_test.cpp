// A loader's batches on a device (a double of one), whose copies are as late or as early as they may be.
#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>
#include <gtest/gtest.h>

#include "data/loading/batch_loader.hpp"
#include "tests/data/small_dataset.hpp"
#include "tests/doubles/accelerator_double.hpp"
#include "tests/doubles/accelerator_streams.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {
namespace {

constexpr int kLoadedBatches = 60;

TEST(DeviceBatches, AreThoseOfTheHost) {
  const TemporaryFolder folder;
  const DatasetIndex index = write_small_dataset(folder / "small");
  BatchLoaderOptions options{
      .seed = 5, .global_batch_size = 11, .window_bytes = 2 * 8 * kSmallShape.pixels()};
  const at::Device device = accelerator_double();
  at_each_timing_of_device([&] {
    const std::int64_t late_before = late_copies();
    const c10::StreamGuard computing(
        c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device));
    options.device = device;
    std::vector<std::vector<at::Tensor>> seen;  // [step][field]
    {
      BatchLoader loader(index, options, 0, 1);
      for (int step = 0; step < kLoadedBatches; ++step) {
        const Batch batch = loader.next();
        seen.emplace_back();
        for (const at::Tensor& field : batch.fields) {
          seen.back().push_back(at::empty_like(field));
          seen.back().back().copy_(field, /*non_blocking=*/true);
        }
      }
    }
    EXPECT_GE(late_copies() - late_before, 2 * kLoadedBatches) << "from memory that is not pinned?";
    options.device = at::kCPU;
    BatchLoader of_host(index, options, 0, 1);
    for (int step = 0; step < kLoadedBatches; ++step) {
      const Batch expected = of_host.next();
      for (std::size_t field = 0; field < expected.fields.size(); ++field)
        EXPECT_TRUE(at::equal(seen[static_cast<std::size_t>(step)][field].cpu(), expected.fields[field]))
            << "step " << step << ", field " << field;
    }
  });
}

}  // namespace
}  // namespace ganymede
