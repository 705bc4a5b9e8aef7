#include "diagnosis/versions.hpp"

#include <ATen/Version.h>
#include <torch/version.h>

#include "base/error.hpp"
#include "distributed/mpi/mpi_session.hpp"
#include "storage/hdf5/hdf5_file.hpp"

namespace ganymede {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "Clang " __clang_version__;
#else
constexpr const char* kCompiler = "GCC " __VERSION__;
#endif

// LibTorch says what it is only among other things: "... TORCH_VERSION=2.11.0, USE_CUDA=ON, ...".
LibraryVersion torch_version() {
  const std::string_view mark = "TORCH_VERSION=";
  const std::string text = at::show_config();
  const std::size_t begin = text.find(mark);
  LibraryVersion version{
      .name = "LibTorch",
      .compiled = fmt::format("{}.{}.{}", TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR, TORCH_VERSION_PATCH),
      .loaded = "an unknown version"};
  if (begin != std::string::npos)
    version.loaded =
        text.substr(begin + mark.size(), text.find_first_of(", \n", begin) - begin - mark.size());
  return version;
}

HostFinding same_everywhere(Finding finding) {
  return {std::move(finding),
          Difference{Verdict::problem, "install the same build and the same libraries on all hosts"}};
}

}  // namespace

HostFinding examine_library(const LibraryVersion& library) {
  if (library.loaded == library.compiled)
    return same_everywhere({.subject = library.name, .found = library.loaded});
  return same_everywhere(
      {.verdict = Verdict::problem,
       .subject = library.name,
       .found = fmt::format("{} runs, but the program was compiled for {}", library.loaded, library.compiled),
       .advice = "load the module that it was built with (LD_LIBRARY_PATH), or build it again"});
}

std::vector<HostFinding> examine_versions(const std::string& program_version) {
  std::vector<HostFinding> findings{same_everywhere(
      {.subject = "program", .found = fmt::format("ganymede {}, built by {}", program_version, kCompiler)})};
  for (const LibraryVersion& library : {mpi_version(), torch_version(), hdf5_version()})
    findings.push_back(examine_library(library));
  return findings;
}

}  // namespace ganymede
