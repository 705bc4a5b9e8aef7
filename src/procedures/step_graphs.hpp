// Steps that a device takes as one piece of work: what a step asks of it is recorded once and then done
// again, without the host's part, which takes longer than the device's in small networks.
//
// Of each phase, and of each set of shapes that its batches have, the first steps are taken as ever: memory
// is found then, and libraries choose their ways. The next one is recorded, on all ranks before any of them
// does what it recorded. Where a rank cannot do that, all take such steps as ever from then on, and the log
// says why.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/samples/batch.hpp"
#include "distributed/communicator.hpp"

namespace ganymede {

// Of a kind of device.
class StepRecorder {
 public:
  virtual ~StepRecorder() = default;

  // Has the device do what was recorded, from the memory and to the memory of then. The host does not wait.
  using Replay = std::function<void()>;
  // What `work` asks of the device, which does not do it yet. Throws where that cannot be recorded: a number
  // that goes to the host, or comes from it.
  virtual Replay record(const std::function<void()>& work) = 0;
};

class StepGraphs {
 public:
  static constexpr int kEagerSteps = 2;

  StepGraphs(std::unique_ptr<StepRecorder> recorder, Communicator& communicator)
      : recorder_(std::move(recorder)), communicator_(communicator) {}

  // step(data): asks the device for a step of the phase, of which the host decides nothing that changes, and
  // returns its scalars. Collective.
  using Step = std::function<at::Tensor(const StepData&)>;
  at::Tensor take(const std::string& phase, const StepData& data, const Step& step);

  // Steps taken so far from a recording.
  std::int64_t replays() const { return replays_; }

 private:
  // Steps that ask for the same: the phase, and of each batch its places and the types and sizes of its
  // fields.
  struct Kind {
    std::string phase;
    std::vector<std::int64_t> batches;
    auto operator<=>(const Kind&) const = default;
  };
  struct Recorded {
    int eager_steps = 0;
    bool given_up = false;
    StepData inputs = {};     // what the step was recorded with
    at::Tensor scalars = {};  // what it returned
    StepRecorder::Replay replay = {};
  };

  static Kind kind_of(const std::string& phase, const StepData& data);
  void record(Recorded& recorded, const std::string& phase, const StepData& data, const Step& step);

  const std::unique_ptr<StepRecorder> recorder_;
  Communicator& communicator_;
  std::map<Kind, Recorded> recorded_;
  std::int64_t replays_ = 0;
};

}  // namespace ganymede
