// What a dataset holds of each sample: fields, each with a type, a shape and a meaning. What is done with a
// field, here and in loading, goes by its meaning.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/image_shape.hpp"
#include "storage/json_object.hpp"

namespace ganymede {

enum class Meaning {
  pixels,   // uint8 [channels, height, width], black is 0
  numbers,  // float32, finite, taken as they are
  label,    // int64 [], a class
  tokens,   // int32, words of a vocabulary
};

struct Field {
  std::string name;  // of the HDF5 dataset
  Meaning meaning = Meaning::pixels;
  std::vector<std::int64_t> shape = {};  // of one sample's
  std::int64_t values = 0;               // labels and tokens are 0 ... values - 1
  std::vector<std::string> names = {};   // [value], where values have names

  at::ScalarType stored() const;
  std::vector<std::int64_t> sizes(std::int64_t rows) const;  // [rows, shape...]
  std::int64_t elements() const;                             // of one sample
  std::int64_t bytes() const;                                // likewise, as stored
  // Of pixels or numbers, as networks see a sample: numbers are one row of pixels.
  ImageShape image_shape() const;
  bool operator==(const Field&) const = default;
};

// The fields of a dataset; the first is the sample itself.
struct DataSpec {
  std::vector<Field> fields;

  const Field& sample() const { return fields.front(); }
  // Where the field of that meaning stands; nothing if there is none.
  std::optional<std::size_t> find(Meaning meaning) const;
  // Names of the label's classes; empty without labels.
  const std::vector<std::string>& class_names() const;
  std::int64_t classes() const { return static_cast<std::int64_t>(class_names().size()); }
  bool operator==(const DataSpec&) const = default;
};

DataSpec image_spec(const ImageShape& shape, const std::vector<std::string>& class_names = {});
DataSpec point_spec(std::int64_t dimensions, const std::vector<std::string>& class_names = {});

// Sequences of tokens, all of one length; names of the values, or none.
DataSpec sequence_spec(std::int64_t length, std::int64_t values, const std::vector<std::string>& names = {});

Json field_as_json(const Field& field);
// Throws DataError if it is none.
Field read_field(const JsonObject& json);

// "28 x 28 x 1 uint8" for a person.
std::string describe_field(const Field& field);

// The contents of a shard's field, [rows, shape...]: labels and tokens are values that there are, numbers are
// finite. Throws DataError that names the first wrong one; `file` is for the message.
void check_values(const Field& field, const at::Tensor& contents, const std::string& file);

}  // namespace ganymede
