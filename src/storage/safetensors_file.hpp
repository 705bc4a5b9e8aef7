// safetensors: tensors by name in one file, which Python reads with safetensors.torch.load_file.
//
// 8 bytes: the length of the header, little-endian. The header: JSON, padded with spaces so that what follows
// is aligned to 8 bytes; {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...} and
// texts below "__metadata__". Then the tensors' bytes, row by row, without a gap, larger elements first, so
// that each is aligned. (github.com/huggingface/safetensors, README, Format.)
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "storage/named_tensor.hpp"

namespace ganymede {

struct FileSummary {
  std::int64_t bytes = 0;
  std::uint32_t crc32 = 0;
};

// Writes and syncs a new file; the summary is of what was handed to the system, all of which it has accepted.
// The tensors are contiguous, in host memory. Throws UserError if the place does not take them, DiskError
// if the disk does not.
FileSummary write_safetensors(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors,
                              const std::map<std::string, std::string>& metadata);

// The tensors in a file's bytes (uint8, one dimension), copied, in the order of the file. `file` is for
// messages. Throws DataError unless every byte is accounted for.
std::vector<NamedTensor> parse_safetensors(const at::Tensor& bytes, const std::filesystem::path& file);

}  // namespace ganymede
