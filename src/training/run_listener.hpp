// What a run tells those that record or show it: metrics, progress, samples, checkpoints, each in a class of
// its own. Rank 0 alone has listeners.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "procedures/samples.hpp"
#include "training/checkpoint.hpp"

namespace ganymede {

// The numbers of a run at one step.
struct Report {
  std::int64_t step = 0;                 // updates done
  std::int64_t epoch = 0;                // of this step's batches, from 1
  std::string phase = {};                // of the procedure; empty where it has only one
  std::vector<NamedValue> scalars = {};  // of this step's global batches, before its update
  double samples_per_second = 0;  // over all ranks: global batch x steps / wall time since the last report
  // Means over ranks, in seconds since the last report; together they are the wall time of the steps.
  double data_seconds = 0;           // waiting for batches
  double compute_seconds = 0;        // the rest
  double communication_seconds = 0;  // in collectives, waiting for other ranks included
  double checkpoint_seconds = 0;     // of rank 0 since the last report: training stood still for a checkpoint
  double seconds_left = 0;           // of the run, as it goes now
  bool last = false;
};

class RunListener {
 public:
  virtual ~RunListener() = default;

  // Whether training ends where this listener fails; else a failure is a warning.
  virtual bool is_essential() const { return false; }

  virtual void on_report(const Report&) {}
  virtual void on_samples(std::int64_t /*step*/, const SampleSet&) {}
  // The state is a copy that further training does not change.
  virtual void on_checkpoint(const CheckpointInfo&, const TrainingState&) {}
  // Training has diverged and goes back to what is on disk by the end of this call. Nothing else is told
  // after it.
  virtual void on_divergence() {}
  // Training is over; the last report and the last checkpoint came before.
  virtual void on_end() {}
};

using Listeners = std::vector<std::unique_ptr<RunListener>>;

// Calls each listener. One that is not essential costs a warning where it fails: "step 7: cannot <what>:
// ...".
void tell(const Listeners& listeners, const std::string& what, std::int64_t step,
          const std::function<void(RunListener&)>& call);

}  // namespace ganymede
