// A library that the program is linked with.
#pragma once

#include <string>

namespace ganymede {

struct LibraryVersion {
  std::string name;
  std::string compiled;  // whose headers the program was compiled with
  std::string loaded;    // what runs
};

}  // namespace ganymede
