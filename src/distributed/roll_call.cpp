#include "distributed/roll_call.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kNamed = 8;  // ranks of a message; there may be thousands

std::string seconds_of(double seconds) {
  return fmt::format("{:.{}f} s", seconds, seconds < 10 ? 1 : 0);
}

std::string place_of(const RankState& state, const RankState::Mark& mark) {
  return state.step > 0 ? fmt::format("{}, step {}", mark.operation.data(), state.step)
                        : std::string(mark.operation.data());
}

bool has_come(const RankState::Mark& theirs, const RankState::Mark& ours) {
  return theirs.number > ours.number || (theirs.number == ours.number && theirs.operation == ours.operation);
}

// "which does not answer"
std::string describe_absent(const std::optional<RankState>& state) {
  if (!state) return "which does not answer";
  if (const auto wait = longest_wait(*state)) {
    const RankState::Mark& mark = state->marks[*wait];
    return fmt::format("which waits in {} since {}", place_of(*state, mark),
                       seconds_of(mark.unchanged_seconds));
  }
  const RankState::Mark& last =
      *std::min_element(state->marks.begin(), state->marks.end(), [](const auto& a, const auto& b) {
        return std::pair(a.number == 0, a.unchanged_seconds) < std::pair(b.number == 0, b.unchanged_seconds);
      });
  return fmt::format("which is alive and has been at work for {} since {}",
                     seconds_of(last.unchanged_seconds), place_of(*state, last));
}

}  // namespace

std::string describe_wait(const RollCall& roll_call, const RankStates& states, std::size_t mark) {
  const RankState& own = *states[static_cast<std::size_t>(roll_call.rank())];
  const RankState::Mark& ours = own.marks[mark];
  std::vector<std::string> absent;
  for (std::size_t rank = 0; rank < states.size(); ++rank)
    if (!states[rank] || !has_come(states[rank]->marks[mark], ours))
      absent.push_back(
          fmt::format("{}, {}", roll_call.name_of(static_cast<int>(rank)), describe_absent(states[rank])));
  const std::string wait = fmt::format("{} has waited {} in {}", roll_call.name_of(roll_call.rank()),
                                       seconds_of(ours.unchanged_seconds), place_of(own, ours));
  if (absent.empty())
    return wait + ", to which all ranks have come: one may be held up in it, or a link between them be down";
  const std::size_t left_out = absent.size() - std::min(absent.size(), kNamed);
  absent.resize(absent.size() - left_out);
  return fmt::format("{}, for {}{}", wait, fmt::join(absent, ", and "),
                     left_out > 0 ? fmt::format(", and {} more ranks", left_out) : "");
}

std::optional<int> lowest_waiting_rank(const RankStates& states, double seconds) {
  for (std::size_t rank = 0; rank < states.size(); ++rank)
    if (states[rank])
      if (const auto mark = longest_wait(*states[rank]);
          mark && states[rank]->marks[*mark].unchanged_seconds >= seconds)
        return static_cast<int>(rank);
  return std::nullopt;
}

}  // namespace ganymede
