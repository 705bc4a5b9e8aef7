// The bytes of a file as they are.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace ganymede {

// uint8 [bytes]. Throws UserError if the file cannot be read, DataError if it has another size.
at::Tensor read_file_of_size(const std::filesystem::path& file, std::int64_t bytes);

}  // namespace ganymede
