// How fast ranks sum tensors.
#pragma once

#include <cstdint>
#include <functional>

#include "base/spread.hpp"
#include "distributed/communicator.hpp"

namespace ganymede {

struct SumBenchmarkOptions {
  double seconds = 0.5;       // for all sums of one size together, about
  std::int64_t repeats = 10;  // in turns, so that a busy moment of the machine meets them all
};

// One way to sum. `prepare` writes the addends, so that a sum finds them where backward leaves them: in the
// caches of the cores that wrote them. Only `run` is timed.
struct SumWay {
  std::function<void()> prepare, run;
};

// Seconds a sum, means over ranks: [way]. Collective.
std::vector<Spread> measure_in_turns(const std::vector<SumWay>& ways, Communicator& communicator,
                                     const SumBenchmarkOptions& options);

// A sum of float32 gradients of so many bytes over all ranks, as a training step does it: afterwards each
// element's sum lies with the rank of its node that updates it. The communicator must outlive it. Collective.
SumWay make_gradient_sum(std::int64_t bytes, Communicator& communicator);

// The plain all-reduce of the same size. The communicator must outlive it.
SumWay make_all_reduce(std::int64_t bytes, Communicator& communicator);

}  // namespace ganymede
