#include "distributed/wait_board.hpp"

#include "base/error.hpp"

namespace ganymede {

namespace {

std::string describe_operation(const Operation& operation) {
  if (operation.network >= 0)
    return fmt::format("{} of network {}, elements {} to {}", operation.name, operation.network,
                       operation.first, operation.first + operation.elements - 1);
  if (operation.elements > 0) return fmt::format("{} of {} numbers", operation.name, operation.elements);
  return operation.name;
}

}  // namespace

WaitMark& WaitBoard::add_mark() {
  const std::size_t place = used_++;
  ensure(place < kWaitMarks, "a rank has few communicators");
  return marks_[place];
}

void WaitBoard::look(double seconds) {
  for (WaitMark& mark : marks_) {
    const std::uint64_t number = mark.number_.load(std::memory_order_acquire);
    const bool counts = number == mark.seen_ && patient_.load() == 0;
    mark.seen_ = number;
    mark.unchanged_seconds_.store(counts ? mark.unchanged_seconds_.load() + seconds : 0);
  }
}

RankState WaitBoard::state() const {
  RankState state;
  state.step = step_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < kWaitMarks; ++i) {
    const WaitMark& mark = marks_[i];
    RankState::Mark& told = state.marks[i];
    told.number = mark.number_.load(std::memory_order_acquire);
    told.unchanged_seconds = mark.unchanged_seconds_.load();
    const Operation operation{.name = mark.name_.load(std::memory_order_relaxed),
                              .elements = mark.elements_.load(std::memory_order_relaxed),
                              .network = mark.network_.load(std::memory_order_relaxed),
                              .first = mark.first_.load(std::memory_order_relaxed)};
    fmt::format_to_n(told.operation.data(), told.operation.size() - 1, "{}", describe_operation(operation));
  }
  return state;
}

std::optional<std::size_t> longest_wait(const RankState& state) {
  std::optional<std::size_t> longest;
  for (std::size_t i = 0; i < kWaitMarks; ++i)
    if (state.marks[i].waits() &&
        (!longest || state.marks[i].unchanged_seconds > state.marks[*longest].unchanged_seconds))
      longest = i;
  return longest;
}

}  // namespace ganymede
