#include "distributed/mpi_node_group.hpp"

#include <algorithm>
#include <memory>
#include <new>

#include "base/error.hpp"
#include "distributed/mpi_session.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kAlignment = 64;

}  // namespace

// Open while a tensor in it lives; closed by all ranks together at the next allocation after that, since
// closing is collective and ranks may drop their tensors in any order.
struct MpiNodeGroup::Window {
  MPI_Win window = MPI_WIN_NULL;
};

struct MpiNodeGroup::Gate {
  alignas(kAlignment) std::atomic<std::uint32_t> arrived{0};
  alignas(kAlignment) std::atomic<std::uint32_t> generation{0};
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "the gate's atomics work between processes");

MpiNodeGroup::MpiNodeGroup(MPI_Comm node, const WaitingMode& waiting) : waiting_(waiting) {
  check_mpi(MPI_Comm_dup(node, &node_), "MPI_Comm_dup");
  check_mpi(MPI_Comm_set_errhandler(node_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(node_, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(node_, &size_), "MPI_Comm_size");
  const auto window = open_window(rank_ == 0 ? sizeof(Gate) : 0);
  const at::Tensor place = tensor_in(window, 0, sizeof(Gate), at::kByte);
  gate_ = rank_ == 0 ? new (place.mutable_data_ptr()) Gate : static_cast<Gate*>(place.mutable_data_ptr());
  check_mpi(MPI_Barrier(node_), "MPI_Barrier");
}

MpiNodeGroup::~MpiNodeGroup() {
  for (const auto& window : windows_) MPI_Win_free(&window->window);
  if (node_ != MPI_COMM_NULL) MPI_Comm_free(&node_);
}

std::vector<at::Tensor> MpiNodeGroup::allocate_each(std::int64_t elements, at::ScalarType dtype) {
  close_unused_windows();
  const auto window = open_window(static_cast<std::size_t>(elements) * c10::elementSize(dtype));
  std::vector<at::Tensor> tensors;
  for (int owner = 0; owner < size_; ++owner) tensors.push_back(tensor_in(window, owner, elements, dtype));
  tensors[static_cast<std::size_t>(rank_)].zero_();
  barrier();
  return tensors;
}

at::Tensor MpiNodeGroup::allocate_one(std::int64_t elements, at::ScalarType dtype) {
  close_unused_windows();
  const auto window =
      open_window(rank_ == 0 ? static_cast<std::size_t>(elements) * c10::elementSize(dtype) : 0);
  const at::Tensor tensor = tensor_in(window, 0, elements, dtype);
  if (rank_ == 0) tensor.zero_();
  barrier();
  return tensor;
}

void MpiNodeGroup::barrier() {
  const std::uint32_t generation = gate_->generation.load(std::memory_order_acquire);
  if (gate_->arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<std::uint32_t>(size_)) {
    gate_->arrived.store(0, std::memory_order_relaxed);
    gate_->generation.store(generation + 1, std::memory_order_release);
    return;
  }
  wait_until(waiting_,
             [&] { return gate_->generation.load(std::memory_order_acquire) != generation; });
}

// MPI returns memory at any address: room to round it up.
std::shared_ptr<MpiNodeGroup::Window> MpiNodeGroup::open_window(std::size_t bytes) {
  auto window = std::make_shared<Window>();
  void* base = nullptr;
  const int status = MPI_Win_allocate_shared(static_cast<MPI_Aint>(bytes + kAlignment), 1, MPI_INFO_NULL,
                                             node_, &base, &window->window);
  int worst = status == MPI_SUCCESS ? 0 : 1;
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_INT, MPI_MAX, node_), "MPI_Allreduce");
  if (worst != 0)
    throw CommunicationError(
        fmt::format("the ranks of this host cannot share {} bytes of memory (MPI_Win_allocate_shared); make room "
                    "in /dev/shm, or set communication.node_sharing: off",
                    bytes));
  windows_.push_back(window);
  return window;
}

at::Tensor MpiNodeGroup::tensor_in(const std::shared_ptr<Window>& window, int owner, std::int64_t elements,
                                   at::ScalarType dtype) const {
  MPI_Aint bytes = 0;
  int unit = 0;
  void* base = nullptr;
  check_mpi(MPI_Win_shared_query(window->window, owner, &bytes, &unit, &base), "MPI_Win_shared_query");
  auto space = static_cast<std::size_t>(bytes);
  const std::size_t needed = static_cast<std::size_t>(elements) * c10::elementSize(dtype);
  void* aligned = std::align(kAlignment, needed, base, space);
  ensure(aligned != nullptr, "a window has room for its tensor");
  return at::from_blob(aligned, {elements}, [window](void*) {}, at::TensorOptions(dtype));
}

void MpiNodeGroup::close_unused_windows() {
  std::vector<int> unused;
  for (const auto& window : windows_) unused.push_back(window.use_count() == 1 ? 1 : 0);
  unused.front() = 0;  // the gate's
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, unused.data(), static_cast<int>(unused.size()), MPI_INT, MPI_MIN, node_),
            "MPI_Allreduce");
  for (std::size_t i = 0; i < unused.size(); ++i)
    if (unused[i] == 1) check_mpi(MPI_Win_free(&windows_[i]->window), "MPI_Win_free");
  std::erase_if(windows_, [](const auto& window) { return window->window == MPI_WIN_NULL; });
}

}  // namespace ganymede
