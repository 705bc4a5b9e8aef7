// What ranks say to each other. Every call is collective: all ranks, in the same order, with tensors of the
// same shape and dtype. One thread at a time. Failures throw CommunicationError.
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual int node_rank() const = 0;  // place among the ranks of this host
  virtual int node_size() const = 0;

  // Tensors are contiguous. A sum has the same bits on every rank.
  void all_reduce_sum_(const at::Tensor& tensor);
  void broadcast_(const at::Tensor& tensor, int root = 0);
  at::Tensor all_gather(const at::Tensor& tensor);  // [size, ...tensor]
  void barrier();

  // Seconds that this rank has spent in the calls above, waiting for others included.
  double seconds() const { return seconds_; }

 private:
  virtual void do_all_reduce_sum_(const at::Tensor& tensor) = 0;
  virtual void do_broadcast_(const at::Tensor& tensor, int root) = 0;
  virtual void do_all_gather(const at::Tensor& tensor, const at::Tensor& gathered) = 0;
  virtual void do_barrier() = 0;

  double seconds_ = 0;
};

}  // namespace ganymede
