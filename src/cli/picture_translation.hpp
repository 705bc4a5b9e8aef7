// `sample --input`: a folder of pictures, translated by a trained procedure.
#pragma once

#include <string>

#include "session/trained_run.hpp"

namespace ganymede {

struct TranslationArguments {
  std::string input;      // folder of PNG and JPEG pictures (find_pictures)
  std::string direction;  // "a-to-b"; empty: not given
  std::string out;        // folder that does not exist yet
};

// Throws UserError unless the run translates images, in that direction.
void check_direction(const TranslationArguments& arguments, const TrainedRun& run);

// Writes out/NAME.png for each NAME.* of the input, in sub-folders as there; returns how many. Pictures have
// the size of those that the run was trained on; grey ones become colours and colours grey as in an import.
// Nothing is left behind where one cannot be translated. Throws UserError or DataError, which name the file.
std::size_t translate_pictures(const TranslationArguments& arguments, const TrainedRun& run);

}  // namespace ganymede
