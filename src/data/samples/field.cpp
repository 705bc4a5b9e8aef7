#include "data/samples/field.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kMostElements = 1'000'000'000;  // of one sample: a shape that says more is damaged

struct MeaningName {
  Meaning meaning;
  std::string_view name;
  at::ScalarType stored;
};
constexpr std::array<MeaningName, 4> kMeanings{{{Meaning::pixels, "pixels", at::kByte},
                                                {Meaning::numbers, "numbers", at::kFloat},
                                                {Meaning::label, "label", at::kLong},
                                                {Meaning::tokens, "tokens", at::kInt}}};

const MeaningName& entry_of(Meaning meaning) {
  return *std::find_if(kMeanings.begin(), kMeanings.end(),
                       [&](const MeaningName& one) { return one.meaning == meaning; });
}

bool has_values(Meaning meaning) {
  return meaning == Meaning::label || meaning == Meaning::tokens;
}

// "labels[3]", "captions[3][7]".
std::string place_of(const Field& field, std::int64_t element) {
  const std::int64_t row = element / field.elements();
  std::string place = fmt::format("{}[{}]", field.name, row);
  if (!field.shape.empty()) place += fmt::format("[{}]", element % field.elements());
  return place;
}

template <typename Number, typename IsWrong>
void check_each(const Field& field, const at::Tensor& contents, const std::string& file,
                const std::string& expected, const IsWrong& is_wrong) {
  const auto* numbers = contents.const_data_ptr<Number>();
  for (std::int64_t i = 0; i < contents.numel(); ++i)
    if (is_wrong(numbers[i]))
      throw DataError(
          fmt::format("{}: {} is {}; expected {}", file, place_of(field, i), numbers[i], expected));
}

template <typename Number>
void check_range(const Field& field, const at::Tensor& contents, const std::string& file) {
  const std::string reason = field.names.empty()
                                 ? fmt::format("as there are {} values", field.values)
                                 : fmt::format("as there are {} {} names", field.values,
                                               field.meaning == Meaning::label ? "class" : "value");
  check_each<Number>(field, contents, file, fmt::format("0 to {}, {}", field.values - 1, reason),
                     [&](Number number) { return number < 0 || number >= field.values; });
}

DataSpec with_labels(Field sample, const std::vector<std::string>& class_names) {
  DataSpec spec{.fields = {std::move(sample)}};
  if (!class_names.empty())
    spec.fields.push_back({.name = "labels",
                           .meaning = Meaning::label,
                           .values = static_cast<std::int64_t>(class_names.size()),
                           .names = class_names});
  return spec;
}

}  // namespace

at::ScalarType Field::stored() const {
  return entry_of(meaning).stored;
}

std::vector<std::int64_t> Field::sizes(std::int64_t rows) const {
  std::vector<std::int64_t> all{rows};
  all.insert(all.end(), shape.begin(), shape.end());
  return all;
}

std::int64_t Field::elements() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::int64_t Field::bytes() const {
  return elements() * static_cast<std::int64_t>(elementSize(stored()));
}

ImageShape Field::image_shape() const {
  if (meaning == Meaning::pixels) return {.channels = shape[0], .height = shape[1], .width = shape[2]};
  return {.channels = 1, .height = 1, .width = elements()};
}

std::optional<std::size_t> DataSpec::find(Meaning meaning) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.meaning == meaning; });
  if (found == fields.end()) return std::nullopt;
  return static_cast<std::size_t>(found - fields.begin());
}

const std::vector<std::string>& DataSpec::class_names() const {
  static const std::vector<std::string> none;
  const auto label = find(Meaning::label);
  return label ? fields[*label].names : none;
}

DataSpec image_spec(const ImageShape& shape, const std::vector<std::string>& class_names) {
  return with_labels(
      {.name = "images", .meaning = Meaning::pixels, .shape = {shape.channels, shape.height, shape.width}},
      class_names);
}

DataSpec point_spec(std::int64_t dimensions, const std::vector<std::string>& class_names) {
  return with_labels({.name = "points", .meaning = Meaning::numbers, .shape = {dimensions}}, class_names);
}

DataSpec sequence_spec(std::int64_t length, std::int64_t values, const std::vector<std::string>& names) {
  return {.fields = {{.name = "sequences",
                      .meaning = Meaning::tokens,
                      .shape = {length},
                      .values = values,
                      .names = names}}};
}

Json field_as_json(const Field& field) {
  Json json{{"name", field.name}, {"meaning", entry_of(field.meaning).name}, {"shape", field.shape}};
  if (has_values(field.meaning)) json["values"] = field.values;
  if (!field.names.empty()) json["names"] = field.names;
  return json;
}

Field read_field(const JsonObject& json) {
  std::vector<std::string_view> meanings;
  for (const MeaningName& one : kMeanings) meanings.push_back(one.name);
  const std::string meaning = json.one_of("meaning", meanings);
  Field field{.name = json.text("name"), .shape = json.integers("shape")};
  for (const MeaningName& one : kMeanings)
    if (one.name == meaning) field.meaning = one.meaning;
  double elements = 1;
  for (const std::int64_t size : field.shape) {
    if (size < 1) json.refuse("shape", "sizes of at least 1");
    elements *= static_cast<double>(size);
  }
  if (elements > kMostElements)
    json.refuse("shape", fmt::format("at most {} elements a sample", kMostElements));
  const std::size_t dimensions = field.shape.size();
  if (field.meaning == Meaning::pixels && dimensions != 3) json.refuse("shape", "channels, height and width");
  if (field.meaning == Meaning::label && dimensions != 0) json.refuse("shape", "an empty list");
  if (has_values(field.meaning)) field.values = json.integer("values", 1);
  if (json.contains("names")) {
    field.names = json.text_list("names");
    if (static_cast<std::int64_t>(field.names.size()) != field.values)
      json.refuse("names", fmt::format("{} of them, as there are values", field.values));
  }
  return field;
}

std::string describe_field(const Field& field) {
  switch (field.meaning) {
    case Meaning::pixels:
      return fmt::format("{} (channels x height x width), uint8", fmt::join(field.shape, " x "));
    case Meaning::numbers:
      return fmt::format("{} dimensions, float32", fmt::join(field.shape, " x "));
    case Meaning::label:
      return fmt::format("one of {} classes", field.values);
    case Meaning::tokens:
      return fmt::format("{} of {} words", fmt::join(field.shape, " x "), field.values);
  }
  throw Error("unknown meaning");
}

void check_values(const Field& field, const at::Tensor& contents, const std::string& file) {
  switch (field.meaning) {
    case Meaning::pixels:
      return;
    case Meaning::numbers:
      return check_each<float>(field, contents, file, "a finite number",
                               [](float number) { return !std::isfinite(number); });
    case Meaning::label:
      return check_range<std::int64_t>(field, contents, file);
    case Meaning::tokens:
      return check_range<std::int32_t>(field, contents, file);
  }
}

}  // namespace ganymede
