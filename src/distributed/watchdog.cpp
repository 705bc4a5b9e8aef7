#include "distributed/watchdog.hpp"

#include <time.h>

#include <algorithm>
#include <cstdlib>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/logging.hpp"

namespace ganymede {
namespace {

constexpr double kWarningShare = 0.1;  // of the deadline
// That other ranks get to write their logs, and the lowest to end the job before they do.
constexpr double kLastSeconds = 1, kPatienceSeconds = 5;

constexpr int kExitCode = static_cast<int>(ExitCode::communication_error);

}  // namespace

Watchdog::Watchdog(std::shared_ptr<WaitBoard> board, LastWords last_words)
    : board_(std::move(board)),
      last_words_(std::move(last_words)),
      log_as_the_rank_(hand_on_log()),
      thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void Watchdog::set_roll_call(std::unique_ptr<RollCall> roll_call) {
  const std::scoped_lock lock(mutex_);
  roll_call_ = std::move(roll_call);
}

double Watchdog::look_every() const {
  return std::clamp(board_->deadline_seconds() / 20, 0.02, 1.0);
}

void Watchdog::run() {
  log_as_the_rank_();
  Stopwatch stopwatch;
  std::unique_lock lock(mutex_);
  const auto pause = [&] { return std::chrono::duration<double>(look_every()); };
  while (!changed_.wait_for(lock, pause(), [&] { return stopping_; })) {
    // A longer time is one in which this process, too, did not run.
    board_->look(std::min(stopwatch.lap(), 2 * look_every()));
    look();
  }
}

void Watchdog::look() {
  const RankState own = board_->state();
  if (roll_call_) roll_call_->answer(own);
  const auto mark = longest_wait(own);
  if (!mark) return;
  const double waited = own.marks[*mark].unchanged_seconds, deadline = board_->deadline_seconds();
  if (waited >= deadline) end_job(*mark);
  if (waited >= kWarningShare * deadline && warned_[*mark] != own.marks[*mark].number) warn(*mark);
}

// Others look as often as this rank, and may share their core.
RankStates Watchdog::ask() {
  return roll_call_ ? roll_call_->ask(board_->state(), 1 + 2 * look_every()) : RankStates{board_->state()};
}

std::string Watchdog::describe(const RankStates& states, std::size_t mark) const {
  if (roll_call_) return describe_wait(*roll_call_, states, mark);
  const RankState::Mark& ours = states.front()->marks[mark];
  return fmt::format("a rank has waited {:.0f} s in {} for others", ours.unchanged_seconds,
                     ours.operation.data());
}

void Watchdog::warn(std::size_t mark) {
  const double deadline = board_->deadline_seconds();
  const RankStates states = ask();
  const auto own_rank = static_cast<std::size_t>(roll_call_ ? roll_call_->rank() : 0);
  warned_[mark] = states[own_rank]->marks[mark].number;
  if (board_->state().marks[mark].number != warned_[mark]) return;  // it has ended meanwhile
  const std::string message = fmt::format("{}; after {:g} s the job ends (communication.deadline_seconds)",
                                          describe(states, mark), deadline);
  const bool speaks =
      roll_call_ && lowest_waiting_rank(states, kWarningShare * deadline / 2) == roll_call_->rank();
  speaks ? spdlog::warn(message) : spdlog::debug(message);
}

// Without a roll call MPI cannot be asked for anything, and every rank ends by itself.
void Watchdog::end_job(std::size_t mark) {
  const RankStates states = ask();
  const std::string message = fmt::format(
      "{}: the job is ended, since communication.deadline_seconds is {:g}; a rank that failed may have said "
      "why in its log; the same command with --resume goes on from the last checkpoint",
      describe(states, mark), board_->deadline_seconds());
  spdlog::debug(message);
  const bool speaks =
      !roll_call_ || lowest_waiting_rank(states, board_->deadline_seconds() / 2) == roll_call_->rank();
  if (speaks) last_words_(message);
  constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 20'000'000};
  for (const Stopwatch stopwatch; stopwatch.seconds() < (speaks ? kLastSeconds : kPatienceSeconds);) {
    if (roll_call_) roll_call_->answer(states[static_cast<std::size_t>(roll_call_->rank())].value());
    nanosleep(&kPause, nullptr);
  }
  if (!speaks) last_words_(message);
  if (roll_call_) roll_call_->end_job(kExitCode);
  std::_Exit(kExitCode);
}

}  // namespace ganymede
