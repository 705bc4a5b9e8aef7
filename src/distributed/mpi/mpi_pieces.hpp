// Tensors as MPI takes them.
#pragma once

#include <mpi.h>

#include <ATen/core/Tensor.h>

#include "base/error.hpp"

namespace ganymede {

// MPI counts are ints: longer tensors go in pieces.
constexpr std::int64_t kLargestPiece = std::int64_t{1} << 30;

inline MPI_Datatype mpi_type(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return MPI_FLOAT;
    case at::kDouble:
      return MPI_DOUBLE;
    case at::kLong:
      return MPI_INT64_T;
    case at::kByte:
      return MPI_UINT8_T;
    default:
      throw CommunicationError(
          fmt::format("no MPI type for tensors of {}", c10::toString(tensor.scalar_type())));
  }
}

// Calls piece(address, count) on consecutive pieces of the tensor's memory.
template <typename Piece>
void for_each_piece(const at::Tensor& tensor, Piece piece) {
  auto* begin = static_cast<std::byte*>(tensor.mutable_data_ptr());
  const auto item_bytes = static_cast<std::int64_t>(tensor.element_size());
  for (std::int64_t done = 0; done < tensor.numel(); done += kLargestPiece)
    piece(begin + done * item_bytes, static_cast<int>(std::min(kLargestPiece, tensor.numel() - done)));
}

}  // namespace ganymede
