// Batches as a loader brings them to a device: from pinned memory, copied in a stream of their own.
#pragma once

#include "data/samples/batch_copies.hpp"

namespace ganymede {

class BroughtBatches {
 public:
  explicit BroughtBatches(at::Device device) : pinned_(!device.is_cpu()), copies_(device) {}

  // Of host memory, on the device.
  StepData bring(StepData data) {
    for (std::vector<Batch>& batches : data)
      for (Batch& batch : batches) batch = arrived(copies_.begin(in_memory_to_copy(std::move(batch))));
    return data;
  }

 private:
  Batch in_memory_to_copy(Batch batch) const {
    if (pinned_)
      for (at::Tensor& field : batch.fields) field = field.pin_memory();
    return batch;
  }

  const bool pinned_;
  BatchCopies copies_;
};

}  // namespace ganymede
