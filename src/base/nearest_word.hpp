// For "did you mean ...?" in error messages.
#pragma once

#include <string>
#include <vector>

namespace ganymede {

// The word of the list nearest to a misspelt one, or "" when none is near: of three letters one may be wrong.
std::string nearest_word(const std::string& word, const std::vector<std::string>& known);

// "did you mean x?", or "expected one of: x, y" when nothing is near.
std::string suggest(const std::string& word, const std::vector<std::string>& known);

}  // namespace ganymede
