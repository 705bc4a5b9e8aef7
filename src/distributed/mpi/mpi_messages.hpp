// Long messages between ranks, in pieces that MPI sends at once.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "distributed/waiting.hpp"

namespace ganymede {

// Those of one exchange: what is received and sent, then wait().
class MpiMessages {
 public:
  // The mode must outlive it.
  MpiMessages(MPI_Comm ranks, const WaitingMode& waiting) : ranks_(ranks), waiting_(waiting) {}

  // Of those that follow. Messages of one tag arrive in their order.
  void use_tag(int tag) { tag_ = tag; }
  // Memory stays until wait() returns.
  void receive(std::byte* data, std::int64_t bytes, int from);
  void send(const std::byte* data, std::int64_t bytes, int to);
  // Whether all of them have come and gone.
  bool done();
  void wait();
  // What has not come is not waited for.
  void cancel() noexcept;

 private:
  const MPI_Comm ranks_;
  int tag_ = 0;
  const WaitingMode& waiting_;
  std::vector<MPI_Request> requests_;
};

}  // namespace ganymede
