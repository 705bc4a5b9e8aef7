// Seconds and bytes in the units that commands print.
#pragma once

namespace ganymede {

inline constexpr double kMilliseconds = 1e3, kMicroseconds = 1e6;
inline constexpr double kMegabytes = 1e-6, kGigabytes = 1e-9;

}  // namespace ganymede
