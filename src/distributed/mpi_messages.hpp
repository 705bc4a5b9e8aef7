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
  MpiMessages(MPI_Comm ranks, int tag, const WaitingMode& waiting)
      : ranks_(ranks), tag_(tag), waiting_(waiting) {}

  // Memory stays until wait() returns.
  void receive(std::byte* data, std::int64_t bytes, int from);
  void send(const std::byte* data, std::int64_t bytes, int to);
  // Until all of them have come and gone.
  void wait();
  // What has not come is not waited for.
  void cancel() noexcept;

 private:
  const MPI_Comm ranks_;
  const int tag_;
  const WaitingMode& waiting_;
  std::vector<MPI_Request> requests_;
};

}  // namespace ganymede
