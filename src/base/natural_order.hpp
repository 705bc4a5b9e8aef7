// The order that people expect of names with numbers: 2 before 10.
#pragma once

#include <string_view>

namespace ganymede {

// Whether a comes before b: runs of digits compare as numbers, all else byte by byte. A total order; what
// differs in leading zeros only is ordered byte by byte.
bool naturally_before(std::string_view a, std::string_view b);

}  // namespace ganymede
