// What a procedure conditioned by text makes of a dataset's captions.
#pragma once

#include "data/format/dataset_index.hpp"
#include "procedures/procedure.hpp"

namespace ganymede {

// An image of the caption of each of the dataset's first samples, at most so many: uint8 [n, channels,
// height, width], as a picture of them shows them. Throws UserError if the dataset has no captions or words
// that the procedure does not know, DataError if an image is not finite.
at::Tensor draw_of_captions(Procedure& procedure, const DatasetIndex& index, std::int64_t at_most);

}  // namespace ganymede
