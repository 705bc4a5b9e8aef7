#pragma once

#include <string>
#include <vector>

namespace ganymede {

// Identifiers of the GPUs that this process may use, in the runtime's order, each its own on any host; empty
// where there is no GPU or no driver. Local.
std::vector<std::string> visible_gpus();

}  // namespace ganymede
