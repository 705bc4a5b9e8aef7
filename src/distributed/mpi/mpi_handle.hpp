// An MPI communicator that frees itself, on the failing path of a constructor too.
#pragma once

#include <mpi.h>

namespace ganymede {

// Freeing is collective: the ranks drop theirs in the same order.
class MpiHandle {
 public:
  MpiHandle() = default;
  ~MpiHandle() { reset(); }
  MpiHandle(const MpiHandle&) = delete;
  MpiHandle& operator=(const MpiHandle&) = delete;

  MPI_Comm get() const { return communicator_; }
  // For the call that makes it.
  MPI_Comm* place() {
    reset();
    return &communicator_;
  }
  explicit operator bool() const { return communicator_ != MPI_COMM_NULL; }
  void reset() {
    if (communicator_ != MPI_COMM_NULL) MPI_Comm_free(&communicator_);
  }

 private:
  MPI_Comm communicator_ = MPI_COMM_NULL;
};

}  // namespace ganymede
