// The program and the libraries that it is linked with.
#pragma once

#include "base/library_version.hpp"
#include "diagnosis/finding.hpp"

namespace ganymede {

// A library whose headers were of another version than what runs may crash or compute nonsense.
HostFinding examine_library(const LibraryVersion& library);

// Of this process: the program, MPI, LibTorch, HDF5. MPI is initialised.
std::vector<HostFinding> examine_versions(const std::string& program_version);

}  // namespace ganymede
