// Ends a job whose ranks wait for one that does not come. A thread of each rank looks at the rank's board: a
// wait of a tenth of the deadline is a warning, one as long as the deadline ends the job with exit code 4.
// Either names the operation and the ranks that have not come; the lowest rank that waits says it, the others
// tell their logs. Time in which this process was stopped, too, does not count.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "distributed/roll_call.hpp"
#include "distributed/wait_board.hpp"

namespace ganymede {

// Tells the user why the job ends.
using LastWords = std::function<void(const std::string&)>;

class Watchdog {
 public:
  // Until there is a roll call it knows this rank only.
  Watchdog(std::shared_ptr<WaitBoard> board, LastWords last_words);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // From now on ranks ask each other by this one; with none, no longer.
  void set_roll_call(std::unique_ptr<RollCall> roll_call);

 private:
  void run();
  double look_every() const;
  void look();
  void warn(std::size_t mark);
  [[noreturn]] void end_job(std::size_t mark);
  RankStates ask();
  std::string describe(const RankStates& states, std::size_t mark) const;

  const std::shared_ptr<WaitBoard> board_;
  const LastWords last_words_;
  const std::function<void()> log_as_the_rank_;
  std::array<std::uint64_t, kWaitMarks> warned_{};  // [mark], the number of the operation

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::unique_ptr<RollCall> roll_call_;
  std::thread thread_;
};

}  // namespace ganymede
