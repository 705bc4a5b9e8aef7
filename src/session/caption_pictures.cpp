#include "session/caption_pictures.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "data/format/dataset_reader.hpp"
#include "data/loading/pixel_table.hpp"
#include "data/samples/captions.hpp"
#include "session/trained_run.hpp"

namespace ganymede {

at::Tensor draw_of_captions(Procedure& procedure, const DatasetIndex& index, std::int64_t at_most) {
  const auto found = find_captions(index.spec);
  require(found.has_value(), "{} has no captions; expected some", index.folder.string());
  const Field& field = index.spec.fields[*found];
  const std::int64_t count = std::min(index.samples, at_most);
  const at::Tensor tokens = at::empty(field.sizes(count), field.stored());
  DatasetReader(index).read(field, 0, count, tokens);
  const CaptionCoder coder(field);
  const auto [low, high] = procedure.sample_form().pixels;
  std::vector<at::Tensor> images;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string caption = coder.decode(tokens[i].to(at::kLong));
    const SampleSet drawn = draw_samples(procedure, {.first_place = i, .count = 1, .of = caption});
    images.push_back(to_pixels(drawn.values, low, high));
  }
  return at::cat(images);
}

}  // namespace ganymede
