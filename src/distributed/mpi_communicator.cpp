#include "distributed/mpi_communicator.hpp"

#include <unistd.h>

#include <limits>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/logging.hpp"
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

MpiCommunicator::MpiCommunicator(int host_size) {
  int world_rank = 0;
  check_mpi(MPI_Comm_rank(MPI_COMM_WORLD, &world_rank), "MPI_Comm_rank");
  MpiHandle shared;
  check_mpi(
      MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, world_rank, MPI_INFO_NULL, shared.place()),
      "MPI_Comm_split_type");
  int place = 0;
  check_mpi(MPI_Comm_rank(shared.get(), &place), "MPI_Comm_rank");
  check_mpi(MPI_Comm_split(shared.get(), host_size > 0 ? place / host_size : 0, place, host_.place()),
            "MPI_Comm_split");
  check_mpi(MPI_Comm_rank(host_.get(), &host_rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(host_.get(), &host_size_), "MPI_Comm_size");
  // Ordered by the first rank of each host: its ranks become neighbours, however mpirun dealt them out.
  int first_of_host = world_rank;
  check_mpi(MPI_Bcast(&first_of_host, 1, MPI_INT, 0, host_.get()), "MPI_Bcast");
  check_mpi(MPI_Comm_split(MPI_COMM_WORLD, 0, first_of_host, world_.place()), "MPI_Comm_split");
  check_mpi(MPI_Comm_set_errhandler(world_.get(), MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(world_.get(), &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(world_.get(), &size_), "MPI_Comm_size");
  int ranks_here = 1;
  check_mpi(MPI_Comm_size(shared.get(), &ranks_here), "MPI_Comm_size");
  if (ranks_here > sysconf(_SC_NPROCESSORS_ONLN)) when_idle_ = Waiting::yielding;
  waiting_ = when_idle_;
  connect_hosts();
}

MpiCommunicator::MpiCommunicator(MpiCommunicator& original)
    : rank_(original.rank_),
      size_(original.size_),
      host_rank_(original.host_rank_),
      host_size_(original.host_size_),
      when_idle_(Waiting::yielding),
      waiting_(Waiting::polite) {
  check_mpi(MPI_Comm_dup(original.world_.get(), world_.place()), "MPI_Comm_dup");
  check_mpi(MPI_Comm_dup(original.host_.get(), host_.place()), "MPI_Comm_dup");
  if (original.group_) group_ = std::make_unique<MpiHostGroup>(host_.get(), waiting_);
  connect_hosts();
}

void MpiCommunicator::configure(const CommunicationOptions& options) {
  ensure(!configured_, "a communicator is configured once");
  configured_ = true;
  if (options.node_sharing == NodeSharing::automatic) share_memory();
  connect_hosts();
  if (!may_overlap(options.overlap)) return;
  background_.emplace(std::unique_ptr<Communicator>(new MpiCommunicator(*this)));
  bucket_bytes_ = options.bucket_bytes ? *options.bucket_bytes : measure_bucket_bytes();
  leaves_overlap_open_ = options.overlap == Overlap::automatic;
  if (rank_ == 0)
    spdlog::info(
        "gradients travel {}, in buckets of {} KB",
        leaves_overlap_open_ ? "while backward runs or after it, as steps will show" : "while backward runs",
        bucket_bytes_ >> 10);
}

// All hosts share memory, or none does.
void MpiCommunicator::share_memory() {
  int failed = 0;
  std::string reason;
  try {
    group_ = std::make_unique<MpiHostGroup>(host_.get(), waiting_);
  } catch (const CommunicationError& error) {
    failed = 1;
    reason = error.what();
  }
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, world_.get()), "MPI_Allreduce");
  if (failed == 0) return;
  group_.reset();
  if (rank_ == 0)
    spdlog::warn("ranks exchange messages in place of shared memory, which is slower: {}",
                 reason.empty() ? "another host cannot share memory" : reason);
}

void MpiCommunicator::connect_hosts() {
  sum_across_.reset();
  owners_ = host_group().size();
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &owners_, 1, MPI_INT, MPI_MIN, world_.get()), "MPI_Allreduce");
  const int place = host_group().rank() < owners_ ? host_group().rank() : MPI_UNDEFINED;
  check_mpi(MPI_Comm_split(world_.get(), place, rank_, across_.place()), "MPI_Comm_split");
  if (across_) sum_across_.emplace(across_.get(), waiting_);
}

bool MpiCommunicator::may_overlap(Overlap overlap) const {
  if (overlap == Overlap::off || size_ == 1) return false;
  int hosts = host_rank_ == 0 ? 1 : 0;
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &hosts, 1, MPI_INT, MPI_SUM, world_.get()), "MPI_Allreduce");
  if (overlap == Overlap::automatic && hosts == 1) return false;
  if (threads_may_communicate()) return true;
  if (rank_ == 0)
    spdlog::warn(
        "gradients do not travel while backward runs: this MPI lets one thread communicate only "
        "(MPI_THREAD_MULTIPLE is missing)");
  return false;
}

// Of the line time = a + b x bytes, measured by a small and a large sum: buckets so large that a is 5 % of
// it.
std::int64_t MpiCommunicator::measure_bucket_bytes() {
  constexpr std::int64_t kLargeBytes = 1 << 20, kItem = sizeof(float);
  constexpr double kOverheadShare = 0.05;
  constexpr int kRepeats = 4;
  const auto shortest = [&](std::int64_t bytes) {
    const at::Tensor numbers = at::zeros({bytes / kItem});
    double seconds = std::numeric_limits<double>::infinity();
    for (int i = 0; i < kRepeats; ++i) {
      do_barrier();
      const Stopwatch stopwatch;
      if (sum_across_) (*sum_across_)(numbers);
      seconds = std::min(seconds, stopwatch.seconds());
    }
    return seconds;
  };
  const double fixed = shortest(kItem), large = shortest(kLargeBytes);
  const double seconds_a_byte = std::max(1e-12, (large - fixed) / kLargeBytes);
  const at::Tensor bytes =
      at::full({1},
               std::clamp<std::int64_t>(static_cast<std::int64_t>(fixed / kOverheadShare / seconds_a_byte),
                                        64 << 10, 16 << 20),
               at::kLong);
  do_broadcast_(bytes, 0);
  return bytes.item<std::int64_t>();
}

void MpiCommunicator::wait_politely(bool polite) {
  waiting_ = polite ? Waiting::polite : when_idle_;
}

void MpiCommunicator::do_all_reduce_sum_(const at::Tensor& tensor) {
  if (size_ == 1) return;
  for_each_piece(tensor, [&](std::byte* data, int count) {
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, data, count, mpi_type(tensor), MPI_SUM, world_.get()),
              "MPI_Allreduce");
  });
}

void MpiCommunicator::do_broadcast_(const at::Tensor& tensor, int root) {
  for_each_piece(tensor, [&](std::byte* data, int count) {
    check_mpi(MPI_Bcast(data, count, mpi_type(tensor), root, world_.get()), "MPI_Bcast");
  });
}

void MpiCommunicator::do_all_gather(const at::Tensor& tensor, const at::Tensor& gathered) {
  ensure(tensor.numel() <= kLargestPiece, "a gathered tensor has at most 2^30 elements");
  const int count = static_cast<int>(tensor.numel());
  check_mpi(MPI_Allgather(tensor.const_data_ptr(), count, mpi_type(tensor), gathered.mutable_data_ptr(),
                          count, mpi_type(tensor), world_.get()),
            "MPI_Allgather");
}

void MpiCommunicator::do_sum_across_hosts_(const at::Tensor& tensor) {
  (*sum_across_)(tensor);
}

void MpiCommunicator::do_broadcast_across_hosts_(const at::Tensor& tensor) {
  int groups = 1;
  check_mpi(MPI_Comm_size(across_.get(), &groups), "MPI_Comm_size");
  if (groups == 1) return;
  for_each_piece(tensor, [&](std::byte* data, int count) {
    check_mpi(MPI_Bcast(data, count, mpi_type(tensor), 0, across_.get()), "MPI_Bcast");
  });
}

void MpiCommunicator::do_barrier() {
  check_mpi(MPI_Barrier(world_.get()), "MPI_Barrier");
}

}  // namespace ganymede
