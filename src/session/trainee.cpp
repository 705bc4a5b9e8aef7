#include "session/trainee.hpp"

#include "base/error.hpp"
#include "distributed/agreement.hpp"
#include "reporting/metrics_log.hpp"
#include "reporting/progress.hpp"
#include "reporting/sample_writer.hpp"
#include "session/training_data.hpp"
#include "training/checkpoint_saver.hpp"
#include "training/trainer.hpp"

namespace ganymede {
namespace {

template <typename AgreeOnStart>
Trainee make_trainee(const RunParts& run, const AgreeOnStart& agree_on_its_start) {
  const Recipe& recipe = run.plan.recipe;
  Trainee trainee{.procedure = agree_on_procedure(recipe, run.indices, run.device, run.communicator)};
  trainee.start = agree_on_its_start(*trainee.procedure);
  trainee.sources = agree_on_sources(recipe, run.indices, *trainee.procedure, run.device, trainee.start.step,
                                     run.arguments.from.cache_mib, run.communicator);
  return trainee;
}

// What is counted by the second: what the first source holds.
std::string noun_of(const DataSpec& source) {
  switch (source.sample().meaning) {
    case Meaning::pixels:
      return "images";
    case Meaning::numbers:
      return "points";
    case Meaning::tokens:
      return "sequences";
    case Meaning::label:
      return "labels";
  }
  throw Error("unknown meaning");
}

}  // namespace

Trainee begin_run(const RunParts& run) {
  return make_trainee(run, [&](Procedure& procedure) {
    return agree_on_start(run.arguments, run.plan, run.store, run.indices, procedure, run.communicator);
  });
}

Trainee go_back(const RunParts& run, const Rollback& rollback) {
  return make_trainee(run, [&](Procedure& procedure) {
    return agree_on_rollback(rollback, run.plan, run.store, run.indices, procedure, run.communicator);
  });
}

Listeners make_listeners(const RunParts& run, const Trainee& trainee) {
  const TrainOptions& options = run.plan.recipe.train;
  const Procedure& procedure = *trainee.procedure;
  const std::int64_t start = trainee.start.step;
  const TrainingLength length = length_of_training(options, procedure.schedule(), trainee.sources);
  Listeners listeners;
  agree_on_root(run.communicator, [&] {
    listeners.push_back(
        std::make_unique<Progress>(ProgressOptions{.last_step = length.last_step,
                                                   .epochs = length.epochs,
                                                   .samples = noun_of(run.indices.front().spec),
                                                   .on_terminal = run.arguments.on_terminal}));
    listeners.push_back(std::make_unique<MetricsLog>(run.plan.run.metrics(), start));
    listeners.push_back(std::make_unique<SampleWriter>(run.plan.run, procedure.sample_form(), start));
    listeners.push_back(std::make_unique<CheckpointSaver>(run.store, options));
  });
  return listeners;
}

}  // namespace ganymede
