#include "cli/picture_translation.hpp"

#include <map>

#include "base/error.hpp"
#include "data/importing/image_fit.hpp"
#include "data/importing/picture_folder.hpp"
#include "data/loading/pixel_table.hpp"
#include "storage/pending_folder.hpp"
#include "storage/pictures/image_file.hpp"
#include "storage/pictures/png_image.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadTogether = 64;  // pictures

std::string names_of(const std::vector<Direction>& directions) {
  std::vector<std::string> names;
  for (const Direction& direction : directions) names.push_back(direction.name);
  return fmt::format("{}", fmt::join(names, " or "));
}

// The pictures by the names of their translations, relative to the folders.
std::map<fs::path, fs::path> name_translations(const fs::path& input) {
  std::map<fs::path, fs::path> files;
  for (const fs::path& file : find_pictures(input).files) {
    const fs::path name = file.lexically_relative(input).replace_extension(".png");
    const auto [place, is_new] = files.emplace(name, file);
    require(is_new, "{} and {} would both become {}; rename one of them", place->second.string(),
            file.string(), name.string());
  }
  return files;
}

at::Tensor read_fitting(const fs::path& file, const ImageShape& shape) {
  const at::Tensor image = read_image(file);
  if (image.size(1) != shape.height || image.size(2) != shape.width)
    throw DataError(fmt::format("{}: it is {} x {}; the run translates images of {} x {}: resize it",
                                file.string(), image.size(1), image.size(2), shape.height, shape.width));
  return fit_image(image, shape);
}

}  // namespace

void check_direction(const TranslationArguments& arguments, const TrainedRun& run) {
  const std::vector<Direction>& directions = run.procedure->sample_form().directions;
  require(!directions.empty(), "--input {}: {} translates no images; leave --input out", arguments.input,
          run.recipe.name);
  require(!arguments.direction.empty(), "--input needs --direction: {}", names_of(directions));
  const bool known = std::any_of(directions.begin(), directions.end(), [&](const Direction& direction) {
    return direction.name == arguments.direction;
  });
  require(known, "--direction is {}; expected {}", arguments.direction, names_of(directions));
}

std::size_t translate_pictures(const TranslationArguments& arguments, const TrainedRun& run) {
  const SampleForm& form = run.procedure->sample_form();
  const Direction& direction =
      *std::find_if(form.directions.begin(), form.directions.end(),
                    [&](const Direction& one) { return one.name == arguments.direction; });
  const ImageShape& shape = direction.from;
  const std::map<fs::path, fs::path> files = name_translations(arguments.input);
  const PixelTable table(form.pixels[0], form.pixels[1], at::kFloat);
  PendingFolder folder(arguments.out);
  for (auto next = files.begin(); next != files.end();) {
    const std::size_t count = std::min<std::size_t>(kReadTogether, std::distance(next, files.end()));
    const auto rows = static_cast<std::int64_t>(count);
    const at::Tensor images = at::empty({rows, shape.channels, shape.height, shape.width});
    auto file = next;
    for (std::int64_t row = 0; row < rows; ++row, ++file)
      table.convert(read_fitting(file->second, shape).const_data_ptr<std::uint8_t>(), shape.pixels(), images,
                    row * shape.pixels());
    const at::Tensor translated = to_pixels(
        draw_samples(*run.procedure, {.count = rows, .of = Translation{direction.name, images}}).values,
        form.pixels[0], form.pixels[1]);
    for (std::int64_t row = 0; row < rows; ++row, ++next) {
      const fs::path target = folder.path() / next->first;
      fs::create_directories(target.parent_path());
      write_png(target, translated[row]);
    }
  }
  folder.publish();
  return files.size();
}

}  // namespace ganymede
