#include "data/format/mode_law.hpp"

namespace ganymede {

ModeLaw read_mode_law(const JsonObject& json) {
  return {.centers = json.number_pairs("centers"),
          .standard_deviation = json.number("standard_deviation", 0)};
}

Json write_mode_law(const ModeLaw& law) {
  return {{"centers", law.centers}, {"standard_deviation", law.standard_deviation}};
}

}  // namespace ganymede
