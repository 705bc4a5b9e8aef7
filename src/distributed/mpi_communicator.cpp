#include "distributed/mpi_communicator.hpp"

#include "base/error.hpp"
#include "distributed/mpi_session.hpp"

namespace ganymede {
namespace {

// MPI counts are ints: longer tensors go in pieces.
constexpr std::int64_t kLargestPiece = std::int64_t{1} << 30;

MPI_Datatype mpi_type(const at::Tensor& tensor) {
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

}  // namespace

MpiCommunicator::MpiCommunicator() {
  check_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &world_), "MPI_Comm_dup");
  check_mpi(MPI_Comm_rank(world_, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(world_, &size_), "MPI_Comm_size");
  MPI_Comm node = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split_type(world_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node),
            "MPI_Comm_split_type");
  check_mpi(MPI_Comm_rank(node, &node_rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(node, &node_size_), "MPI_Comm_size");
  check_mpi(MPI_Comm_free(&node), "MPI_Comm_free");
}

MpiCommunicator::~MpiCommunicator() {
  MPI_Comm_free(&world_);
}

void MpiCommunicator::do_all_reduce_sum_(const at::Tensor& tensor) {
  if (size_ == 1) return;
  for_each_piece(tensor, [&](std::byte* data, int count) {
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, data, count, mpi_type(tensor), MPI_SUM, world_), "MPI_Allreduce");
  });
}

void MpiCommunicator::do_broadcast_(const at::Tensor& tensor, int root) {
  for_each_piece(tensor, [&](std::byte* data, int count) {
    check_mpi(MPI_Bcast(data, count, mpi_type(tensor), root, world_), "MPI_Bcast");
  });
}

void MpiCommunicator::do_all_gather(const at::Tensor& tensor, const at::Tensor& gathered) {
  ensure(tensor.numel() <= kLargestPiece, "a gathered tensor has at most 2^30 elements");
  const int count = static_cast<int>(tensor.numel());
  check_mpi(MPI_Allgather(tensor.const_data_ptr(), count, mpi_type(tensor), gathered.mutable_data_ptr(),
                          count, mpi_type(tensor), world_),
            "MPI_Allgather");
}

void MpiCommunicator::do_barrier() {
  check_mpi(MPI_Barrier(world_), "MPI_Barrier");
}

}  // namespace ganymede
