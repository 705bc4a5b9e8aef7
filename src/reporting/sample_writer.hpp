// Samples as files that a person opens: pictures and points as PNG, texts as lines.
#pragma once

#include <filesystem>

#include "procedures/samples.hpp"
#include "training/run_folder.hpp"
#include "training/run_listener.hpp"

namespace ganymede {

// How many samples a file of a run shows.
std::int64_t shown_samples(const SampleForm& form);

// ".png" or ".txt".
std::string sample_extension(const SampleForm& form);

// of_one: all samples are of one class, text or image that was asked for. Else the texts of pictures that are
// of some go into a file beside them, with a line a row and the extension .txt.
void write_samples(const std::filesystem::path& file, const SampleSet& samples, const SampleForm& form,
                   bool of_one = false);

// A file of samples each time, samples/step_N of the run.
class SampleWriter final : public RunListener {
 public:
  // Files of steps after last_step are removed first, as MetricsLog drops their lines.
  SampleWriter(RunFolder run, SampleForm form, std::int64_t last_step);

  void on_samples(std::int64_t step, const SampleSet& samples) override;

 private:
  const RunFolder run_;
  const SampleForm form_;
};

}  // namespace ganymede
