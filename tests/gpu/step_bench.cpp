// Measures how fast a recipe's steps are on one device, with neither MPI nor a dataset: what they train from
// is noise that lies in the device's memory. A line of JSON says samples a second.
//
//     ganymede_step_bench RECIPE.yaml [--device cpu|cuda] [--batch N] [--seconds S] [--length N] [--words N]
//     [KEY=VALUE ...]
//
// --length and --words say what sequences are made of, KEY=VALUE overrides a key of the recipe.
#include <ATen/ATen.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>

#include <cmath>
#include <cstdio>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "distributed/lone_communicator.hpp"
#include "distributed/nccl/nccl_gradient_exchange.hpp"
#include "procedures/step_recording.hpp"
#include "recipe/recipe.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kSamples = 8192, kClasses = 10;
constexpr ImageShape kGreyImage{.channels = 1, .height = 28, .width = 28};
constexpr std::int64_t kTranslatedSide = 32;
constexpr int kFirstSteps = 10;
constexpr double kWarmUpSeconds = 1.5;

struct BenchedRun {
  Recipe recipe;
  at::Device device = at::Device(at::kCUDA, 0);
  std::int64_t batch = 64, length = 10, words = 100;
  double seconds = 5;
};

BenchedRun parse(const std::vector<std::string>& words) {
  BenchedRun run;
  std::vector<std::string> overrides;
  require(!words.empty(), "a recipe file is missing");
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with("--")) {
      overrides.push_back(word);
      continue;
    }
    require(i + 1 < words.size(), "{} has no value", word);
    const std::string& value = words[++i];
    if (word == "--device")
      run.device = at::Device(value == "cuda" ? "cuda:0" : value);
    else if (word == "--batch")
      run.batch = std::stoll(value);
    else if (word == "--seconds")
      run.seconds = std::stod(value);
    else if (word == "--length")
      run.length = std::stoll(value);
    else if (word == "--words")
      run.words = std::stoll(value);
    else
      throw UserError(fmt::format("unknown option {}", word));
  }
  run.recipe = load_recipe(words[0], overrides);
  require(!run.device.is_cuda() || c10::cuda::device_count() > 0,
          "no GPU is visible; look at nvidia-smi, or choose --device cpu");
  return run;
}

std::vector<DataSpec> sources_of(const BenchedRun& run) {
  const auto translated = [](std::int64_t channels) {
    return image_spec({.channels = channels, .height = kTranslatedSide, .width = kTranslatedSide});
  };
  if (std::holds_alternative<SequenceOptions>(run.recipe.procedure))
    return {sequence_spec(run.length, run.words)};
  if (std::holds_alternative<CycleOptions>(run.recipe.procedure)) return {translated(1), translated(3)};
  std::vector<std::string> classes;
  for (std::int64_t i = 0; i < kClasses; ++i) classes.push_back(std::to_string(i));
  return {image_spec(kGreyImage, classes)};
}

// Batches of random rows of noise, a source's.
class Noise {
 public:
  Noise(const DataSpec& spec, std::int64_t rows, at::Device device) : rows_(rows) {
    for (const Field& field : spec.fields) {
      const bool counts = field.meaning == Meaning::label || field.meaning == Meaning::tokens;
      fields_.push_back((counts ? at::randint(field.values, field.sizes(kSamples), at::kLong)
                                : at::rand(field.sizes(kSamples)) * 2 - 1)
                            .to(device));
    }
    order_ = at::randperm(kSamples).to(device);
  }

  Batch next() {
    const std::int64_t first = number_ * rows_ % (kSamples - rows_ + 1);
    Batch batch{.fields = {}, .first_place = 0, .global_batch_size = rows_, .epoch = 0, .number = number_++};
    for (const at::Tensor& field : fields_)
      batch.fields.push_back(field.index_select(0, order_.narrow(0, first, rows_)));
    return batch;
  }

 private:
  const std::int64_t rows_;
  std::vector<at::Tensor> fields_;
  at::Tensor order_;
  std::int64_t number_ = 0;
};

class SteppedRun {
 public:
  explicit SteppedRun(const BenchedRun& run) : device_(run.device) {
    const std::vector<DataSpec> sources = sources_of(run);
    for (const DataSpec& source : sources) noise_.emplace_back(source, run.batch, device_);
    if (device_.is_cuda()) {
      take_device(device_);
      communicator_.carry_gradients_by(std::make_unique<NcclGradientExchange>(
          communicator_, NcclOptions{.device = device_, .compute_stream = [] {
                                       return c10::cuda::getCurrentCUDAStream(0).stream();
                                     }}));
    }
    procedure_ = prepare_procedure(run.recipe.procedure,
                                   {.seed = static_cast<std::uint64_t>(run.recipe.seed),
                                    .sources = sources,
                                    .compute = at::TensorOptions(at::kFloat).device(device_),
                                    .mixed_precision = run.recipe.precision == Precision::mixed},
                                   communicator_)();
    record_steps(device_, *procedure_, communicator_);
  }

  // Seconds of so many steps, until the device has done them.
  double take(std::int64_t steps) {
    finish();
    const Stopwatch stopwatch;
    for (std::int64_t i = 0; i < steps; ++i, ++step_) {
      const std::vector<std::int64_t>& taken = procedure_->schedule().phase_of(step_).batches;
      StepData data(noise_.size());
      for (std::size_t source = 0; source < noise_.size(); ++source)
        for (std::int64_t k = 0; k < taken[source]; ++k) data[source].push_back(noise_[source].next());
      scalars_ = procedure_->step(step_, data);
    }
    finish();
    return stopwatch.seconds();
  }

  at::Tensor scalars() const { return scalars_.cpu(); }

 private:
  void finish() const {
    if (device_.is_cuda()) c10::cuda::device_synchronize();
  }

  const at::Device device_;
  std::vector<Noise> noise_;
  LoneCommunicator communicator_;
  std::unique_ptr<Procedure> procedure_;
  std::int64_t step_ = 0;
  at::Tensor scalars_;
};

void measure(const BenchedRun& run) {
  SteppedRun stepped(run);
  stepped.take(kFirstSteps);
  std::int64_t steps = 1;
  double seconds = 0;
  while (seconds < kWarmUpSeconds) seconds = stepped.take(steps *= 2);
  steps = static_cast<std::int64_t>(std::ceil(static_cast<double>(steps) * run.seconds / seconds));
  seconds = stepped.take(steps);
  const at::Tensor scalars = stepped.scalars();
  require(scalars.isfinite().all().item<bool>(), "losses are no longer finite after {} steps", steps);
  std::puts(fmt::format("{{\"samples_per_second\": {:.1f}, \"steps\": {}}}",
                        static_cast<double>(steps * run.batch) / seconds, steps)
                .c_str());
}

}  // namespace
}  // namespace ganymede

int main(int argc, char** argv) try {
  ganymede::measure(ganymede::parse({argv + 1, argv + argc}));
  return 0;
} catch (const std::exception& error) {
  std::fputs(fmt::format("ganymede_step_bench: {}\n", error.what()).c_str(), stderr);
  return 2;
}
