#include "data/importing/picture_folder.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "base/lower_case.hpp"
#include "base/natural_order.hpp"
#include "base/utf8.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

bool is_picture(const fs::path& file) {
  const std::string extension = lower_case(file.extension().string());
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg" || extension == ".jfif" ||
         extension == ".jpe";
}

// Nobody's class and nobody's picture.
bool is_of_the_system(const fs::path& path) {
  constexpr std::array<std::string_view, 8> names{
      "__macosx", "thumbs.db",    "ehthumbs.db", "desktop.ini",
      "@eadir",   "$recycle.bin", "lost+found",  "system volume information"};
  const std::string name = lower_case(path.filename().string());
  return name.starts_with('.') || std::find(names.begin(), names.end(), name) != names.end();
}

struct Listing {
  std::vector<fs::path> pictures, folders, others;
};

bool bytes_before(const fs::path& a, const fs::path& b) {
  return a.native() < b.native();
}

bool name_naturally_before(const fs::path& a, const fs::path& b) {
  return naturally_before(a.filename().native(), b.filename().native());
}

Listing list(const fs::path& folder) {
  Listing listing;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (is_of_the_system(entry->path())) continue;
    std::error_code missing;  // behind a link: whoever reads the picture says so
    const fs::file_type type = entry->status(missing).type();
    const bool readable = type == fs::file_type::regular || type == fs::file_type::not_found;
    if (type == fs::file_type::directory)
      listing.folders.push_back(entry->path());
    else
      (readable && is_picture(entry->path()) ? listing.pictures : listing.others).push_back(entry->path());
  }
  require(!error, "{}: cannot list the folder ({})", folder.string(), error.message());
  std::sort(listing.pictures.begin(), listing.pictures.end(), bytes_before);
  std::sort(listing.others.begin(), listing.others.end(), bytes_before);
  std::sort(listing.folders.begin(), listing.folders.end(), name_naturally_before);
  if (!listing.others.empty())
    spdlog::warn("{}: left out what is neither PNG nor JPEG by its name: {} in all, such as {}",
                 folder.string(), listing.others.size(), listing.others.front().filename().string());
  return listing;
}

// The folder's name in UTF-8, which the dataset's files need.
std::string class_name_of(const fs::path& folder) {
  const std::string bytes = folder.filename().string();
  if (is_utf8(bytes)) return bytes;
  const std::string name = utf8_of_latin1(bytes);
  spdlog::warn("{}: the name is not UTF-8; taken for Latin-1, the class is called '{}'", folder.string(),
               name);
  return name;
}

void require_some(const Listing& top, const fs::path& folder) {
  if (top.pictures.empty() && top.folders.empty())
    throw DataError(
        fmt::format("{}: no PNG or JPEG pictures; expected some, or sub-folders with some, one a class",
                    folder.string()));
  if (!top.pictures.empty() && !top.folders.empty())
    throw DataError(fmt::format(
        "{}: it has both pictures ({}) and sub-folders ({}); expected pictures, or one "
        "sub-folder a class",
        folder.string(), top.pictures.front().filename().string(), top.folders.front().filename().string()));
}

}  // namespace

PictureFolder find_pictures(const fs::path& folder) {
  require(fs::is_directory(folder), "{}: no such folder; expected one of PNG and JPEG pictures",
          folder.string());
  const Listing top = list(folder);
  require_some(top, folder);
  PictureFolder found{.files = top.pictures};
  std::set<std::string> names;
  for (const fs::path& class_folder : top.folders) {
    const Listing inside = list(class_folder);
    if (!inside.folders.empty())
      throw DataError(fmt::format(
          "{}: a folder in the folder of a class; expected pictures only{}", inside.folders.front().string(),
          top.folders.size() > 1 || !inside.pictures.empty()
              ? ""
              : fmt::format(": import {} if its folders are the classes", class_folder.string())));
    if (inside.pictures.empty())
      throw DataError(fmt::format("{}: no PNG or JPEG pictures; expected some, as each sub-folder is a class",
                                  class_folder.string()));
    const auto label = static_cast<std::int64_t>(found.class_names.size());
    found.files.insert(found.files.end(), inside.pictures.begin(), inside.pictures.end());
    found.labels.insert(found.labels.end(), inside.pictures.size(), label);
    found.class_names.push_back(class_name_of(class_folder));
    if (!names.insert(found.class_names.back()).second)
      throw DataError(fmt::format("{}: a second class '{}'; expected each name once: rename the folder",
                                  class_folder.string(), found.class_names.back()));
  }
  return found;
}

PictureFolder keep_pictures(const PictureFolder& pictures, const std::vector<bool>& keep) {
  PictureFolder kept;
  std::int64_t last_label = -1;
  for (std::size_t i = 0; i < pictures.files.size(); ++i) {
    if (!keep[i]) continue;
    kept.files.push_back(pictures.files[i]);
    if (pictures.labels.empty()) continue;
    const std::int64_t label = pictures.labels[i];
    if (label != last_label)
      kept.class_names.push_back(pictures.class_names[static_cast<std::size_t>(label)]);
    last_label = label;
    kept.labels.push_back(static_cast<std::int64_t>(kept.class_names.size()) - 1);
  }
  return kept;
}

}  // namespace ganymede
