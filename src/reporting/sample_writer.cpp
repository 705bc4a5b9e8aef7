#include "reporting/sample_writer.hpp"

#include "reporting/sample_picture.hpp"
#include "storage/atomic_file.hpp"

namespace ganymede {
namespace {

// A line a text. Of pictures one a row.
void write_texts(const std::filesystem::path& file, const SampleSet& samples, std::int64_t samples_a_text) {
  std::string lines;
  for (std::size_t i = 0; i < samples.texts.size(); i += static_cast<std::size_t>(samples_a_text))
    lines += samples.texts[i] + "\n";
  write_file_atomically(file, lines);
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

void write_samples(const std::filesystem::path& file, const SampleSet& samples, const SampleForm& form,
                   bool of_one) {
  if (form.kind == SampleForm::Kind::texts) return write_texts(file, samples, 1);
  if (form.samples_a_text > 0 && !of_one)
    write_texts(std::filesystem::path(file).replace_extension(".txt"), samples, form.samples_a_text);
  write_sample_picture(file, samples, form, of_one);
}

void SampleWriter::on_samples(std::int64_t step, const SampleSet& samples) {
  write_samples(run_.samples(step, sample_extension(form_)), samples, form_);
}

}  // namespace ganymede
