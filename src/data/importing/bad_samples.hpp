// What an importer cannot use, gathered so that the user hears of all of it at once.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ganymede {

struct BadSample {
  std::size_t place;  // among those that there are
  std::string reason;
};

// "2 of 9 pictures cannot be read; a.png: ...; b.png: ...", with the first few reasons, each once
// where neighbours share it. what: "pictures
// cannot be read".
std::string describe_bad(const std::vector<BadSample>& bad, std::size_t of, const std::string& what);

// [place]: whether it is none of them.
std::vector<bool> kept_places(const std::vector<BadSample>& bad, std::size_t of);

}  // namespace ganymede
