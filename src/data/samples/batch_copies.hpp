// Batches on their way to the device that computes: copied ahead of the steps that take them, in a stream of
// its own, from memory that stays where it is (pinned).
#pragma once

#include <c10/core/Event.h>

#include <memory>
#include <optional>

#include "data/samples/batch.hpp"

namespace ganymede {

// A batch on the device whose copy may be under way.
struct ComingBatch {
  Batch batch;
  std::shared_ptr<const c10::Event> copied = nullptr;  // none where nothing is copied
};

// One thread makes the copies. On the host there are none, and batches are what they were.
class BatchCopies {
 public:
  explicit BatchCopies(at::Device device);

  // Holds the host's batch until it has been copied: that of the call before is, when this returns, so that
  // one batch is copied while the next one is made.
  ComingBatch begin(Batch of_host);

 private:
  struct UnderWay {
    Batch of_host;
    std::shared_ptr<const c10::Event> copied;
  };

  const at::Device device_;
  std::optional<c10::Stream> stream_;  // that of the copies
  std::optional<UnderWay> last_;
};

// The batch for the stream in which this thread computes, which waits for the copy where the host does not.
// The memory is not another batch's before the stream is done with all that it was asked for until the
// tensors were dropped.
Batch arrived(ComingBatch coming);

}  // namespace ganymede
