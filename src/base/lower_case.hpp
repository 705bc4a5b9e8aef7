// Words as people write them, large or small: of ASCII letters only.
#pragma once

#include <string>

namespace ganymede {

inline std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace ganymede
