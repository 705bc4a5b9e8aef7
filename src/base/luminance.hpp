// How much of a grey image's value red, green and blue are (ITU-R BT.601).
#pragma once

#include <array>

namespace ganymede {

inline constexpr std::array<double, 3> kLuminance{0.299, 0.587, 0.114};

}  // namespace ganymede
