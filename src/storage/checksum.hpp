// CRC-32 as zlib and Python's zlib.crc32 compute it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace ganymede {

// `seed` is the checksum of the bytes before these, so that a long stream can be summed in pieces.
std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t seed = 0);

// Of the bytes of a contiguous tensor in memory.
std::uint32_t crc32_of_tensor(const at::Tensor& tensor, std::uint32_t seed = 0);

// Of the bytes on disk, compressed or not. Throws UserError if the file cannot be read.
std::uint32_t crc32_of_file(const std::filesystem::path& file);

}  // namespace ganymede
