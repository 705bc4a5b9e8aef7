#include "distributed/mpi/link_probe.hpp"

#include <mpi.h>

#include <chrono>
#include <limits>
#include <vector>

#include "base/clock.hpp"
#include "distributed/mpi/mpi_handle.hpp"
#include "distributed/mpi/mpi_session.hpp"

namespace ganymede {
namespace {

constexpr int kShortMessages = 100, kLongMessages = 3;
// Longer than what a link passes on at once before it bounds the speed.
constexpr std::size_t kLongBytes = 4 << 20;

// Since 1970, of the clock that people set.
double time_of_day() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void send(const void* data, std::size_t bytes, int to, MPI_Comm pair) {
  check_mpi(MPI_Send(data, static_cast<int>(bytes), MPI_BYTE, to, 0, pair), "MPI_Send");
}

void receive(void* data, std::size_t bytes, int from, MPI_Comm pair) {
  check_mpi(MPI_Recv(data, static_cast<int>(bytes), MPI_BYTE, from, 0, pair, MPI_STATUS_IGNORE), "MPI_Recv");
}

// The second rank answers each message with the time of its clock.
void answer(MPI_Comm pair) {
  std::vector<std::byte> message(kLongBytes);
  for (int i = 0; i < kShortMessages + kLongMessages; ++i) {
    receive(message.data(), i < kShortMessages ? 1 : kLongBytes, 0, pair);
    const double now = time_of_day();
    send(&now, sizeof now, 0, pair);
  }
}

// The first rank asks. The quickest answer says most about the link, and about the other's clock, which was
// read in its middle.
Link ask(MPI_Comm pair) {
  const std::vector<std::byte> message(kLongBytes);
  const auto round_trip = [&](std::size_t bytes, double& other_clock) {
    const Stopwatch stopwatch;
    send(message.data(), bytes, 1, pair);
    receive(&other_clock, sizeof other_clock, 1, pair);
    return stopwatch.seconds();
  };
  Link link;
  double other_clock = 0, shortest = std::numeric_limits<double>::infinity(), longest = shortest;
  for (int i = 0; i < kShortMessages; ++i) {
    const double begin = time_of_day(), seconds = round_trip(1, other_clock);
    if (seconds >= shortest) continue;
    shortest = seconds;
    link.clock_ahead = other_clock - begin - seconds / 2;
  }
  for (int i = 0; i < kLongMessages; ++i) longest = std::min(longest, round_trip(kLongBytes, other_clock));
  link.latency_seconds = shortest / 2;
  link.bytes_per_second = kLongBytes / std::max(longest - link.latency_seconds, 1e-9);
  return link;
}

}  // namespace

std::optional<Link> probe_link(std::optional<int> pair, const Communicator& communicator) {
  MpiHandle of_pair;
  check_mpi(
      MPI_Comm_split(MPI_COMM_WORLD, pair.value_or(MPI_UNDEFINED), communicator.rank(), of_pair.place()),
      "MPI_Comm_split");
  if (!of_pair) return std::nullopt;
  check_mpi(MPI_Comm_set_errhandler(of_pair.get(), MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  int place = 0, size = 0;
  check_mpi(MPI_Comm_rank(of_pair.get(), &place), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(of_pair.get(), &size), "MPI_Comm_size");
  ensure(size == 2, "a pair has two ranks");
  if (place == 0) return ask(of_pair.get());
  answer(of_pair.get());
  return std::nullopt;
}

}  // namespace ganymede
