#include "data/importing/caption_pairs.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/error.hpp"
#include "data/samples/captions.hpp"
#include "storage/json_object.hpp"

namespace ganymede {
namespace {

struct Annotation {
  std::int64_t image, id;  // id: -1 without
  std::string caption;

  bool operator<(const Annotation& other) const {
    return std::tie(image, id, caption) < std::tie(other.image, other.id, other.caption);
  }
  std::string described() const {
    return id < 0 ? fmt::format("a caption of image {}", image)
                  : fmt::format("annotation {} of image {}", id, image);
  }
};

std::map<std::int64_t, std::string> read_images(const JsonObject& document) {
  std::map<std::int64_t, std::string> files;
  for (const JsonObject& image : document.objects("images"))
    if (!files.emplace(image.integer("id"), image.text("file_name")).second)
      image.refuse("id", "an id that no other image has");
  return files;
}

std::vector<Annotation> read_annotations(const JsonObject& document) {
  std::vector<Annotation> annotations;
  std::set<std::int64_t> ids;
  for (const JsonObject& annotation : document.objects("annotations")) {
    const std::int64_t id = annotation.contains("id") ? annotation.integer("id", 0) : -1;
    if (id >= 0 && !ids.insert(id).second) annotation.refuse("id", "an id that no other annotation has");
    annotations.push_back(
        {.image = annotation.integer("image_id"), .id = id, .caption = annotation.text("caption")});
  }
  std::sort(annotations.begin(), annotations.end());
  return annotations;
}

}  // namespace

CaptionPairs read_caption_pairs(const std::filesystem::path& captions, const std::filesystem::path& images) {
  const Json json = read_json(captions);
  const JsonObject document(json, captions);
  const std::map<std::int64_t, std::string> files = read_images(document);
  CaptionPairs found;
  std::set<std::int64_t> captioned;
  std::vector<std::string> reasons;
  for (const Annotation& annotation : read_annotations(document)) {
    const auto file = files.find(annotation.image);
    std::vector<std::string> words = words_of_caption(annotation.caption);
    captioned.insert(annotation.image);
    if (file == files.end())
      reasons.push_back(annotation.described() + ", but there is no such image");
    else if (words.empty())
      reasons.push_back(fmt::format("{}: '{}' has no words", annotation.described(), annotation.caption));
    else
      found.pairs.push_back(
          {.image = annotation.image, .file = images / file->second, .words = std::move(words)});
  }
  for (const auto& [id, file] : files)
    if (!captioned.contains(id)) reasons.push_back(fmt::format("image {} ({}) has no caption", id, file));
  for (std::string& reason : reasons)
    found.bad.push_back({.place = found.pairs.size() + found.bad.size(), .reason = std::move(reason)});
  return found;
}

}  // namespace ganymede
