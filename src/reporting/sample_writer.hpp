// Samples as files that a person opens: pictures and points as PNG, texts as lines.
#pragma once

#include <filesystem>
#include <optional>

#include "procedures/samples.hpp"
#include "reporting/sample_grid.hpp"
#include "training/run_folder.hpp"
#include "training/run_listener.hpp"

namespace ganymede {

// How many samples a file of a run shows.
std::int64_t shown_samples(const SampleForm& form);

// ".png" or ".txt".
std::string sample_extension(const SampleForm& form);

// A file of samples that come in pieces. Pictures are written as they come; of points, and of texts, all are
// kept.
class SampleFile {
 public:
  // of_one: all samples are of one class, text or image that was asked for. Else the texts of pictures that
  // are of some go into a file beside them, with a line a row and the extension .txt.
  SampleFile(std::filesystem::path file, SampleForm form, std::int64_t count, bool of_one = false);

  void append(const SampleSet& samples);
  // After the last sample: the file gets its name.
  void publish();

 private:
  const std::filesystem::path file_;
  const SampleForm form_;
  const bool of_one_;
  std::optional<SampleGrid> grid_;  // of pictures
  std::vector<at::Tensor> points_;
  std::vector<std::string> texts_;
};

// The same at once.
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
