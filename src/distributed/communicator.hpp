// Collective operations over all ranks. Every call is collective: all ranks, in the same order, with tensors
// of the same shape and dtype. One thread at a time. Failures throw CommunicationError.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "distributed/communication_options.hpp"
#include "distributed/host_group.hpp"

namespace ganymede {

class CommunicationThread;

// Elements begin .. end - 1 of a buffer.
struct ElementRange {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
};

class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual int host_rank() const = 0;  // place among the ranks of this host
  virtual int host_size() const = 0;

  // Tensors are contiguous. A sum has the same bits on every rank: of MPI_Allreduce the standard only asks
  // that, but no algorithm of the MPIs in use adds an element up twice. What the weights depend on goes along
  // sum_to_owners_, where that holds by construction, or is compared before a checkpoint.
  void all_reduce_sum_(const at::Tensor& tensor);
  void broadcast_(const at::Tensor& tensor, int root = 0);
  at::Tensor all_gather(const at::Tensor& tensor);  // [size, ...tensor]
  void barrier();

  // Says whether ranks of a host share memory and sums go on in the background. Once, before the first call
  // of what follows. Collective.
  virtual void configure(const CommunicationOptions&) {}

  // The ranks whose memory this rank may use, itself among them.
  virtual HostGroup& host_group() { return alone_; }
  void host_barrier();

  // Sums a buffer that every rank has, so that each element's sum ends up in one place of every host group:
  // with the rank that owns it, in that rank's own buffer. of_rank are the buffers of the host group, from
  // HostGroup::allocate_each. Between this call and the next host_barrier nobody writes to them elsewhere.
  // Sums go along the binary tree over ranks where host groups are equally large and their number is a power
  // of two (tree_sum.hpp).
  void sum_to_owners_(const std::vector<at::Tensor>& of_rank, ElementRange bucket);
  // What of a bucket this rank owns: blocks of kOwnedBlock elements from the buffer's start.
  ElementRange owned_part(ElementRange bucket);
  static constexpr std::int64_t kOwnedBlock = 1024;

  // Makes a tensor from HostGroup::allocate_one equal in all host groups to that of rank 0's.
  void broadcast_to_hosts_(const at::Tensor& tensor);

  // The thread that sums while this rank computes, where ranks are on several hosts; else null.
  virtual CommunicationThread* background() { return nullptr; }
  // Whether sums are given to that thread. All ranks say the same, and change it between updates only.
  bool overlaps() { return overlapping_ && background() != nullptr; }
  void set_overlapping(bool overlapping) { overlapping_ = overlapping; }
  // Whether measured steps shall decide that (OverlapTrial).
  virtual bool leaves_overlap_open() const { return false; }
  // Whether ranks compare what they sum there before they do. It costs a message more, which tests can spend.
  virtual bool compares_background_sums() const { return false; }
  // A number that what all ranks make in the same order has in common. Local.
  std::int64_t next_number() { return numbers_++; }
  // How much of a buffer one sum_to_owners_ should take; 0: all of it.
  virtual std::int64_t bucket_bytes() const { return 0; }

  // Whether waiting leaves the core to another thread of this rank, one that computes. From any thread.
  virtual void wait_politely(bool) {}

  // Seconds that this rank has spent in the calls above, waiting for others included.
  double seconds() const { return seconds_; }
  // For waiting that happens elsewhere.
  void count_seconds(double seconds) { seconds_ += seconds; }

  // While one lives, collective calls throw: some ranks may have left the work that makes them (agree).
  class LocalWork {
   public:
    explicit LocalWork(Communicator& communicator) : communicator_(communicator) {
      communicator.ensure_collective();
      set(true);
    }
    ~LocalWork() { set(false); }
    LocalWork(const LocalWork&) = delete;
    LocalWork& operator=(const LocalWork&) = delete;

   private:
    void set(bool local);
    Communicator& communicator_;
  };

 private:
  virtual void do_all_reduce_sum_(const at::Tensor& tensor) = 0;
  virtual void do_broadcast_(const at::Tensor& tensor, int root) = 0;
  virtual void do_all_gather(const at::Tensor& tensor, const at::Tensor& gathered) = 0;
  virtual void do_barrier() = 0;

  // Of each host group as many ranks own parts as the smallest group has.
  virtual int owners() const { return 1; }
  // Over the owners with the same place in their groups; only they call it.
  virtual void do_sum_across_hosts_(const at::Tensor& tensor) { do_all_reduce_sum_(tensor); }
  // Over the first ranks of the groups; only they call it.
  virtual void do_broadcast_across_hosts_(const at::Tensor& tensor) { do_broadcast_(tensor, 0); }

  void ensure_collective() const;

  LoneHostGroup alone_;
  bool local_ = false, overlapping_ = true;
  std::int64_t numbers_ = 0;
  double seconds_ = 0;
};

}  // namespace ganymede
