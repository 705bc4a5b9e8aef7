#include "reporting/sample_writer.hpp"

#include <ATen/ops/cat.h>

#include "reporting/sample_picture.hpp"
#include "storage/atomic_file.hpp"
#include "training/step_name.hpp"

namespace ganymede {
namespace {

// A line a text. Of pictures one a row.
void write_texts(const std::filesystem::path& file, const std::vector<std::string>& texts,
                 std::int64_t samples_a_text) {
  std::string lines;
  for (std::size_t i = 0; i < texts.size(); i += static_cast<std::size_t>(samples_a_text))
    lines += texts[i] + "\n";
  write_file_atomically(file, lines);
}

// Of the run, and of what a kill left half-written; nothing that is another's.
void remove_files_after(std::int64_t last_step, const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> later;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::filesystem::path& file = entry.path();
    const std::string name = file.filename().string();
    const auto step = step_of_name(name.substr(0, name.find('.')));
    const bool is_sample = file.extension() == ".png" || file.extension() == ".txt";
    if (step && entry.is_regular_file() && (is_temporary_name(name) || (is_sample && *step > last_step)))
      later.push_back(file);
  }
  for (const std::filesystem::path& file : later) std::filesystem::remove(file);
}

constexpr std::int64_t kPictures = 64, kRowsOfClasses = 8, kPoints = 2000, kTexts = 32;

}  // namespace

std::int64_t shown_samples(const SampleForm& form) {
  switch (form.kind) {
    case SampleForm::Kind::pictures:
      if (form.distinct > 0) return std::min(form.distinct, kPictures);
      return has_column_a_class(form) ? kRowsOfClasses * form.classes : kPictures;
    case SampleForm::Kind::points:
      return kPoints;
    case SampleForm::Kind::texts:
      return kTexts;
  }
  return kPictures;
}

std::string sample_extension(const SampleForm& form) {
  return form.kind == SampleForm::Kind::texts ? ".txt" : ".png";
}

SampleFile::SampleFile(std::filesystem::path file, SampleForm form, std::int64_t count, bool of_one)
    : file_(std::move(file)), form_(std::move(form)), of_one_(of_one) {
  if (form_.kind == SampleForm::Kind::pictures)
    grid_.emplace(file_, SampleGridOptions{.count = count,
                                           .low = form_.pixels[0],
                                           .high = form_.pixels[1],
                                           .columns = grid_columns(form_, of_one)});
}

void SampleFile::append(const SampleSet& samples) {
  if (grid_)
    grid_->append(samples.values);
  else if (form_.kind == SampleForm::Kind::points)
    points_.push_back(samples.values);
  texts_.insert(texts_.end(), samples.texts.begin(), samples.texts.end());
}

void SampleFile::publish() {
  if (form_.kind == SampleForm::Kind::texts) return write_texts(file_, texts_, 1);
  if (form_.samples_a_text > 0 && !of_one_)
    write_texts(std::filesystem::path(file_).replace_extension(".txt"), texts_, form_.samples_a_text);
  grid_ ? grid_->publish() : write_point_picture(file_, at::cat(points_));
}

void write_samples(const std::filesystem::path& file, const SampleSet& samples, const SampleForm& form,
                   bool of_one) {
  SampleFile out(file, form, samples.count(), of_one);
  out.append(samples);
  out.publish();
}

SampleWriter::SampleWriter(RunFolder run, SampleForm form, std::int64_t last_step)
    : run_(std::move(run)), form_(std::move(form)) {
  remove_files_after(last_step, run_.samples());
}

void SampleWriter::on_samples(std::int64_t step, const SampleSet& samples) {
  write_samples(run_.samples(step, sample_extension(form_)), samples, form_);
}

}  // namespace ganymede
