// What ranks tell each other: small messages in host memory, and who shares memory with whom. Every call is
// collective: all ranks, in the same order, with tensors of the same shape and dtype. One thread at a time.
// Failures throw CommunicationError. Gradients have an interface of their own (gradient_exchange.hpp).
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "base/clock.hpp"
#include "distributed/communication_options.hpp"
#include "distributed/host_group.hpp"
#include "distributed/wait_board.hpp"

namespace ganymede {

class GradientExchange;

class Communicator {
 public:
  // The board is that of the rank, which its communicators share.
  explicit Communicator(std::shared_ptr<WaitBoard> board = std::make_shared<WaitBoard>());
  virtual ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual int host_rank() const = 0;  // place among the ranks of this host
  virtual int host_size() const = 0;

  // Tensors are contiguous; those of a device are copied to the host and back, for which this waits. A sum
  // has the same bits on every rank: of MPI_Allreduce the standard only asks that, but no algorithm of the
  // MPIs in use adds an element up twice. What the weights depend on goes by gradients(), where that holds by
  // construction, or is compared before a checkpoint.
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

  // How the gradients of these ranks travel.
  GradientExchange& gradients() { return *gradients_; }
  // From now on by this one, which outlives what it allocates for and calls nobody when it goes. Collective.
  void carry_gradients_by(std::unique_ptr<GradientExchange> exchange);

  // Whether waiting leaves the core to another thread of this rank, one that computes. From any thread.
  virtual void wait_politely(bool) {}

  // Seconds that this rank has spent in the calls above and with gradients, waiting for others included.
  double seconds() const { return seconds_; }
  // For time that passes elsewhere: the lifetime of the result counts.
  [[nodiscard]] ScopedTimer count_time() { return ScopedTimer(seconds_); }

  // What this rank waits for. The calls above and those of gradients() write it down themselves; what else
  // waits for other ranks does so while the result lives.
  const std::shared_ptr<WaitBoard>& board() const { return board_; }
  [[nodiscard]] WaitMark::Wait wait_in(const Operation& operation) { return {mark_, operation}; }

  // Throws within the work of agree.
  void ensure_collective() const;

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
  // Throws also where steps are recorded (GradientExchange::Recording).
  void ensure_message() const;

  virtual void do_all_reduce_sum_(const at::Tensor& tensor) = 0;
  virtual void do_broadcast_(const at::Tensor& tensor, int root) = 0;
  virtual void do_all_gather(const at::Tensor& tensor, const at::Tensor& gathered) = 0;
  virtual void do_barrier() = 0;

  const std::shared_ptr<WaitBoard> board_;
  WaitMark& mark_;
  LoneHostGroup alone_;
  bool local_ = false;
  double seconds_ = 0;
  std::unique_ptr<GradientExchange> gradients_;
};

}  // namespace ganymede
