// Where a network's values and gradients live, how gradients are summed over all ranks, and how what owners
// make of the sums gets to everybody. An update is
//
//   exchange.start_sums(gradients, buckets);   // as often as backward has filled some
//   exchange.finish_sums();                    // now each rank has the sums of its owned parts
//   ...                                        // and updates these parts of the values
//   exchange.publish(values, buckets);         // now all ranks have all new values
//
// Calls are collective unless they say otherwise: all ranks, in the same order, one thread at a time.
// Failures throw CommunicationError.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "base/error.hpp"
#include "distributed/communicator.hpp"

namespace ganymede {

// Elements begin .. end - 1 of a buffer.
struct ElementRange {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
};

// The gradients of one network.
struct Gradients {
  std::int64_t number = 0;          // among those of the exchange
  std::vector<at::Tensor> of_rank;  // [rank of the host group], where its ranks sum in each other's memory
  at::Tensor own;                   // [elements]
};

class GradientExchange {
 public:
  explicit GradientExchange(Communicator& communicator) : communicator_(communicator) {}
  virtual ~GradientExchange() = default;
  GradientExchange(const GradientExchange&) = delete;
  GradientExchange& operator=(const GradientExchange&) = delete;

  // Of the same ranks, for what else they have to tell each other.
  Communicator& communicator() const { return communicator_; }

  // Zeroed, [elements]. Where a rank gets no memory, all throw AgreedError.
  virtual at::Tensor allocate_values(std::int64_t elements, at::ScalarType dtype) = 0;
  virtual Gradients allocate_gradients(std::int64_t elements, at::ScalarType dtype) = 0;
  // Whether this rank writes values that no owner made: where ranks share them, one of them does. Local.
  virtual bool writes_values() const = 0;

  // Gradients travel in buckets of about so many bytes; 0: all at once. Each begins at a multiple of
  // bucket_granule elements. Local.
  virtual std::int64_t bucket_bytes() const = 0;
  virtual std::int64_t bucket_granule() const { return kOwnedBlock; }
  // What of a bucket this rank owns: blocks of kOwnedBlock elements from the buffer's start. Local.
  virtual ElementRange owned_part(ElementRange bucket) const = 0;
  static constexpr std::int64_t kOwnedBlock = 1024;

  // Until finish_sums nobody writes to these buckets, and the gradients stay where they are.
  virtual void start_sums(const Gradients& gradients, std::span<const ElementRange> buckets) = 0;
  // Whether factors of gradients, from which each rank can make the sum, may travel in their place
  // (FactoredSums). Local.
  virtual bool gathers_factors() const { return false; }
  // Until finish_sums likewise: all [ranks, ...own] gets what each rank brings, in shapes that are the same
  // on all.
  virtual void start_gather(const at::Tensor& /*own*/, const at::Tensor& /*all*/) {
    ensure(false, "this exchange gathers no factors");
  }
  // Called now and then while this rank computes: what is under way goes on. Local.
  virtual void progress() {}
  virtual void finish_sums() = 0;
  // After an error between the two: nothing is under way when it returns, and finish_sums throws from then
  // on, since the ranks may disagree about what was summed. Local.
  virtual void abandon_sums() noexcept = 0;

  // Makes the owned parts of a buffer from allocate_values everybody's. Its blocks are of so many elements:
  // of kOwnedBlock where it is laid out like the values, of 1 where it has a number for each block of them.
  virtual void publish(const at::Tensor& buffer, std::span<const ElementRange> buckets,
                       std::int64_t block = kOwnedBlock) = 0;
  // Makes such a buffer equal to rank 0's everywhere.
  virtual void broadcast_values_(const at::Tensor& buffer) = 0;
  // The sum over all ranks, on each of them, of a small contiguous tensor that lives where values do.
  virtual void all_reduce_sum_(const at::Tensor& tensor) = 0;
  // [ranks, ...tensor], on each of them, likewise.
  virtual at::Tensor all_gather(const at::Tensor& tensor) = 0;

  // Where devices work on their own time: returns when they have done all of that, or throws. Local.
  virtual void wait() {}

  // Whether sums can go on while this rank computes. Local, as is all that follows.
  virtual bool can_overlap() const = 0;
  // Whether they do. All ranks say the same, and change it between updates only.
  bool overlaps() const { return overlapping_ && can_overlap(); }
  void set_overlapping(bool overlapping) { overlapping_ = overlapping; }
  // Whether measured steps shall decide that (OverlapTrial).
  virtual bool leaves_overlap_open() const { return false; }
  // While one lives, what is asked of the device is recorded to be done later (StepGraphs): an update that is
  // given up has not begun, and the host has no messages to send.
  class Recording {
   public:
    explicit Recording(GradientExchange& exchange) : exchange_(exchange) { exchange.recording_ = true; }
    ~Recording() { exchange_.recording_ = false; }
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

   private:
    GradientExchange& exchange_;
  };
  bool is_recording() const { return recording_; }

  // Seconds of the sums so far in which nobody waited for them.
  virtual double hidden_seconds() const { return 0; }

 private:
  Communicator& communicator_;
  bool overlapping_ = true;
  bool recording_ = false;
};

}  // namespace ganymede
