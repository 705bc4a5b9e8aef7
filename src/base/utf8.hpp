// Names from a file system or a command line are bytes; JSON and HDF5 take UTF-8 only.
#pragma once

#include <string>
#include <string_view>

namespace ganymede {

bool is_utf8(std::string_view bytes);

// Whether well-formed bytes are one character.
bool is_character(std::string_view bytes);

// What the bytes mean in Latin-1, where each byte is a character.
std::string utf8_of_latin1(std::string_view bytes);

}  // namespace ganymede
