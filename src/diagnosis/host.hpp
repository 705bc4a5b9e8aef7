// The host that this process is on: processor, room for messages, GPUs.
#pragma once

#include <filesystem>

#include "diagnosis/finding.hpp"

namespace ganymede {

struct Processor {
  std::string model;
  std::string vectors;    // the widest that LibTorch uses: "AVX512", "AVX2", "DEFAULT"
  bool bfloat16 = false;  // whether it multiplies them itself
};

// The system's files are looked for below `root`.
Processor find_processor(const std::filesystem::path& root = "/");

// Reproducible mode needs the same of all hosts.
std::vector<HostFinding> examine_processor(const Processor& processor, bool reproducible);

// Where MPI puts the messages between the ranks of a host; our own shared memory is elsewhere (SharedFile).
HostFinding examine_message_memory(const std::filesystem::path& folder, int ranks);

// usable: of them by this program, where it was built for GPUs.
HostFinding examine_gpus(std::optional<std::int64_t> usable, const std::filesystem::path& root = "/");

}  // namespace ganymede
