// Where a procedure's steps spend their time, for `ganymede bench` and for timelines.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/trace.hpp"
#include "distributed/communicator.hpp"

namespace ganymede {

// Seconds since the procedure was made, without what the compute thread waited in communication meanwhile.
struct StepPart {
  std::string_view name;  // "generator_forward", a literal
  double seconds = 0;
};

// What every procedure calls the updates of its weights.
inline constexpr const char* kOptimizerPart = "optimizer";

// Adds its lifetime to a part, less what the communicator's seconds grew by: synchronised batch
// normalisation talks in the middle of a forward pass. They do not nest; one part may follow another.
class ScopedPart {
 public:
  ScopedPart(StepPart& part, const Communicator& communicator)
      : part_(&part), communicator_(communicator), communication_before_(communicator.seconds()) {
    span_.emplace(part.name);
  }
  ~ScopedPart() { bank(); }
  ScopedPart(const ScopedPart&) = delete;
  ScopedPart& operator=(const ScopedPart&) = delete;

  // From now on the time is another part's.
  void enter(StepPart& part) {
    bank();
    part_ = &part;
    span_.emplace(part.name);
  }

 private:
  void bank() {
    const double communication = communicator_.seconds();
    part_->seconds += stopwatch_.lap() - (communication - communication_before_);
    communication_before_ = communication;
  }

  StepPart* part_;
  const Communicator& communicator_;
  double communication_before_;
  Stopwatch stopwatch_;
  std::optional<TraceSpan> span_;
};

}  // namespace ganymede
