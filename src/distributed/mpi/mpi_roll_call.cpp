#include "distributed/mpi/mpi_roll_call.hpp"

#include <time.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "distributed/mpi/mpi_session.hpp"

namespace ganymede {
namespace {

constexpr int kQuestion = 1, kAnswer = 2;  // tags

}  // namespace

MpiRollCall::MpiRollCall(MPI_Comm ranks) {
  check_mpi(MPI_Comm_dup(ranks, ranks_.place()), "MPI_Comm_dup");
  check_mpi(MPI_Comm_set_errhandler(ranks_.get(), MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(ranks_.get(), &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(ranks_.get(), &size_), "MPI_Comm_size");
  std::array<char, MPI_MAX_PROCESSOR_NAME> host{};
  int length = 0;
  check_mpi(MPI_Get_processor_name(host.data(), &length), "MPI_Get_processor_name");
  std::vector<char> all(host.size() * static_cast<std::size_t>(size_));
  const int bytes = static_cast<int>(host.size());
  check_mpi(MPI_Allgather(host.data(), bytes, MPI_CHAR, all.data(), bytes, MPI_CHAR, ranks_.get()),
            "MPI_Allgather");
  for (std::size_t begin = 0; begin < all.size(); begin += host.size()) hosts_.emplace_back(&all[begin]);
}

std::string MpiRollCall::name_of(int rank) const {
  return fmt::format("rank {} on {}", rank, hosts_[static_cast<std::size_t>(rank)]);
}

void MpiRollCall::answer(const RankState& own) {
  Message question;
  while (const auto from = receive(question, kQuestion))
    send({.round = question.round, .state = own}, *from, kAnswer);
  std::erase_if(outbox_, [](Sent& sent) {
    int done = 0;
    return MPI_Test(&sent.request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done != 0;
  });
}

RankStates MpiRollCall::ask(const RankState& own, double seconds) {
  constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 10'000'000};
  RankStates states(static_cast<std::size_t>(size_));
  states[static_cast<std::size_t>(rank_)] = own;
  ++round_;
  for (int other = 0; other < size_; ++other)
    if (other != rank_) send({.round = round_, .state = own}, other, kQuestion);
  int missing = size_ - 1;
  for (const Stopwatch stopwatch; missing > 0 && stopwatch.seconds() < seconds;) {
    answer(own);
    Message message;
    while (const auto from = receive(message, kAnswer)) {
      auto& state = states[static_cast<std::size_t>(*from)];
      if (message.round != round_ || state) continue;
      state = message.state;
      --missing;
    }
    nanosleep(&kPause, nullptr);
  }
  return states;
}

void MpiRollCall::end_job(int exit_code) {
  abort_job(exit_code);
}

// A failure is as if nothing had been said: that is what a roll call is for.
void MpiRollCall::send(const Message& message, int to, int tag) {
  Sent& sent = outbox_.emplace_back(Sent{.message = message});
  MPI_Isend(&sent.message, sizeof sent.message, MPI_BYTE, to, tag, ranks_.get(), &sent.request);
}

std::optional<int> MpiRollCall::receive(Message& message, int tag) {
  int waiting = 0;
  MPI_Status status{};
  if (MPI_Iprobe(MPI_ANY_SOURCE, tag, ranks_.get(), &waiting, &status) != MPI_SUCCESS || waiting == 0)
    return std::nullopt;
  if (MPI_Recv(&message, sizeof message, MPI_BYTE, status.MPI_SOURCE, tag, ranks_.get(), MPI_STATUS_IGNORE) !=
      MPI_SUCCESS)
    return std::nullopt;
  return status.MPI_SOURCE;
}

}  // namespace ganymede
