#include "distributed/mpi/mpi_messages.hpp"

#include <algorithm>

#include "distributed/mpi/mpi_session.hpp"

namespace ganymede {
namespace {

// Beyond MPI's eager limit (64 KB over TCP, header included) it first asks the receiver, which answers only
// when it next looks.
constexpr std::int64_t kMessageBytes = 60 << 10;

template <typename Action>
void for_each_message(std::int64_t bytes, Action action) {
  for (std::int64_t done = 0; done < bytes; done += kMessageBytes)
    action(done, static_cast<int>(std::min(kMessageBytes, bytes - done)));
}

}  // namespace

void MpiMessages::receive(std::byte* data, std::int64_t bytes, int from) {
  for_each_message(bytes, [&](std::int64_t done, int count) {
    check_mpi(MPI_Irecv(data + done, count, MPI_BYTE, from, tag_, ranks_, &requests_.emplace_back()),
              "MPI_Irecv");
  });
}

void MpiMessages::send(const std::byte* data, std::int64_t bytes, int to) {
  for_each_message(bytes, [&](std::int64_t done, int count) {
    check_mpi(MPI_Isend(data + done, count, MPI_BYTE, to, tag_, ranks_, &requests_.emplace_back()),
              "MPI_Isend");
  });
}

bool MpiMessages::done() {
  int done = 0;
  check_mpi(MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done, MPI_STATUSES_IGNORE),
            "MPI_Testall");
  if (done != 0) requests_.clear();
  return done != 0;
}

void MpiMessages::wait() {
  wait_until(waiting_, [this] { return done(); });
}

void MpiMessages::cancel() noexcept {
  for (MPI_Request& request : requests_) {
    if (request == MPI_REQUEST_NULL) continue;
    MPI_Cancel(&request);
    MPI_Request_free(&request);
  }
  requests_.clear();
}

}  // namespace ganymede
