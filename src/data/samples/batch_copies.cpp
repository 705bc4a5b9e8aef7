#include "data/samples/batch_copies.hpp"

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace ganymede {

BatchCopies::BatchCopies(at::Device device) : device_(device) {
  if (device.is_cpu()) return;
  // Streams of a pool are given out again and again: those that compute come from the other one.
  stream_ =
      c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device, /*isHighPriority=*/true);
}

ComingBatch BatchCopies::begin(Batch of_host) {
  if (!stream_) return {.batch = std::move(of_host)};
  const c10::StreamGuard in_stream(*stream_);
  ComingBatch coming{.batch = of_host};
  for (at::Tensor& field : coming.batch.fields)
    field = field.to(device_, field.scalar_type(), /*non_blocking=*/true);
  const auto copied = std::make_shared<c10::Event>(device_.type());
  copied->record(*stream_);
  coming.copied = copied;
  if (last_) last_->copied->synchronize();
  last_ = {.of_host = std::move(of_host), .copied = copied};
  return coming;
}

Batch arrived(ComingBatch coming) {
  if (!coming.copied) return std::move(coming.batch);
  const c10::impl::VirtualGuardImpl devices(coming.copied->device_type());
  const c10::Stream computing = devices.getStream(coming.copied->device());
  coming.copied->block(computing);
  for (const at::Tensor& field : coming.batch.fields)
    devices.recordDataPtrOnStream(field.storage().data_ptr(), computing);
  return std::move(coming.batch);
}

}  // namespace ganymede
