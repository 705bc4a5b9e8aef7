// Names from a file system or a command line are bytes; JSON and HDF5 take UTF-8 only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ganymede {

bool is_utf8(std::string_view bytes);

// The characters of well-formed bytes, one after another.
std::vector<std::string> split_characters(std::string_view bytes);

// What the bytes mean in Latin-1, where each byte is a character.
std::string utf8_of_latin1(std::string_view bytes);

}  // namespace ganymede
