// What a procedure measures of itself.
#pragma once

#include <string>
#include <vector>

namespace ganymede {

struct Figure {
  std::string name;  // "held_out_likelihood": in logs and JSON
  double value = 0;
  std::string meaning = {};  // one line for a person, with the unit
  bool fixed = false;        // of the data alone, to compare with: the same at every step
};

using Figures = std::vector<Figure>;

inline void append(Figures& figures, const Figures& more) {
  figures.insert(figures.end(), more.begin(), more.end());
}

}  // namespace ganymede
