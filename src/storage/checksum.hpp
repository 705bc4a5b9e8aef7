// CRC-32 as zlib and Python's zlib.crc32 compute it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>

namespace ganymede {

// `seed` is the checksum of the bytes before these, so that a long stream can be summed in pieces.
std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t seed = 0);

// Of the bytes of a contiguous tensor in memory.
std::uint32_t crc32_of_tensor(const at::Tensor& tensor, std::uint32_t seed = 0);

// Of the bytes on disk, compressed or not. `should_stop` is asked before each block of a MiB: as soon as it
// says so, an Error with the exit code of a stop is thrown. Throws UserError if the file cannot be read.
std::uint32_t crc32_of_file(const std::filesystem::path& file, const std::function<bool()>& should_stop = {});

}  // namespace ganymede
