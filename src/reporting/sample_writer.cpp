#include "reporting/sample_writer.hpp"

#include "reporting/sample_picture.hpp"
#include "storage/atomic_file.hpp"

namespace ganymede {
namespace {

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
  if (form.kind != SampleForm::Kind::texts) return write_sample_picture(file, samples, form, of_one);
  std::string lines;
  for (const std::string& text : samples.texts) lines += text + "\n";
  write_file_atomically(file, lines);
}

void SampleWriter::on_samples(std::int64_t step, const SampleSet& samples) {
  write_samples(run_.samples(step, sample_extension(form_)), samples, form_);
}

}  // namespace ganymede
