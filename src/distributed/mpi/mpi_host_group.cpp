#include "distributed/mpi/mpi_host_group.hpp"

#include <array>
#include <new>
#include <optional>

#include "base/error.hpp"
#include "distributed/mpi/mpi_session.hpp"
#include "distributed/shared_file.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kPage = 4096;  // each rank's part begins on one: its memory is near the rank

std::size_t whole_pages(std::int64_t elements, at::ScalarType dtype) {
  const std::size_t bytes = static_cast<std::size_t>(elements) * c10::elementSize(dtype);
  return std::max<std::size_t>((bytes + kPage - 1) / kPage, 1) * kPage;
}

at::Tensor tensor_at(const std::shared_ptr<std::byte>& memory, std::size_t offset, std::int64_t elements,
                     at::ScalarType dtype) {
  return at::from_blob(
      memory.get() + offset, {elements}, [memory](void*) {}, at::TensorOptions(dtype));
}

}  // namespace

MpiHostGroup::MpiHostGroup(MPI_Comm node, const WaitingMode& waiting) : waiting_(waiting) {
  check_mpi(MPI_Comm_dup(node, node_.place()), "MPI_Comm_dup");
  check_mpi(MPI_Comm_set_errhandler(node_.get(), MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(node_.get(), &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(node_.get(), &size_), "MPI_Comm_size");
  const auto memory = share(whole_pages(sizeof(SharedGate), at::kByte), 1);
  auto* gate = reinterpret_cast<SharedGate*>(memory.get());
  if (rank_ == 0) new (gate) SharedGate;
  gate_ = {memory, gate};
  check_mpi(MPI_Barrier(node_.get()), "MPI_Barrier");
}

std::vector<at::Tensor> MpiHostGroup::do_allocate_each(std::int64_t elements, at::ScalarType dtype) {
  const std::size_t bytes = whole_pages(elements, dtype);
  const auto memory = share(bytes, size_);
  std::vector<at::Tensor> tensors;
  for (std::size_t owner = 0; owner < static_cast<std::size_t>(size_); ++owner)
    tensors.push_back(tensor_at(memory, owner * bytes, elements, dtype));
  return tensors;
}

at::Tensor MpiHostGroup::do_allocate_one(std::int64_t elements, at::ScalarType dtype) {
  return tensor_at(share(whole_pages(elements, dtype), 1), 0, elements, dtype);
}

// Each rank's own steps may fail on it alone; the calls between them are made by all.
std::shared_ptr<std::byte> MpiHostGroup::share(std::size_t bytes, int owners) {
  std::optional<SharedFile> file;
  std::shared_ptr<std::byte> memory;
  SharedFile::Address address{};  // of no process until rank 0 has made the file
  std::array<char, 256> reason{};
  const auto attempt = [&](const auto& step) {
    try {
      step();
    } catch (const std::exception& error) {
      fmt::format_to_n(reason.data(), reason.size() - 1, "{}", error.what());
    }
  };
  if (rank_ == 0)
    attempt([&] {
      file.emplace(SharedFile::create());
      address = file->address();
    });
  check_mpi(MPI_Bcast(&address, sizeof address, MPI_BYTE, 0, node_.get()), "MPI_Bcast");
  if (address.process != 0)
    attempt([&] {
      if (rank_ != 0) file.emplace(SharedFile::open(address));
      if (rank_ < owners) file->reserve(static_cast<std::size_t>(rank_) * bytes, bytes);
      memory = file->map(static_cast<std::size_t>(owners) * bytes);
    });
  int failing = reason[0] == '\0' ? size_ : rank_;
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &failing, 1, MPI_INT, MPI_MIN, node_.get()), "MPI_Allreduce");
  if (failing == size_) return memory;
  check_mpi(MPI_Bcast(reason.data(), static_cast<int>(reason.size()), MPI_CHAR, failing, node_.get()),
            "MPI_Bcast");
  throw CommunicationError(
      fmt::format("the ranks of this host cannot share {} bytes of memory ({} on its rank {})",
                  static_cast<std::size_t>(owners) * bytes, reason.data(), failing));
}

}  // namespace ganymede
