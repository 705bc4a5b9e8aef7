#include "distributed/mpi/mpi_communicator.hpp"

#include <unistd.h>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "distributed/mpi/mpi_pieces.hpp"
#include "distributed/mpi/mpi_roll_call.hpp"
#include "distributed/mpi/mpi_session.hpp"

namespace ganymede {

MpiCommunicator::MpiCommunicator(int host_size, std::shared_ptr<WaitBoard> board)
    : Communicator(std::move(board)) {
  const auto wait = wait_in({.name = "the meeting of the ranks"});
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
  carry_gradients_by(std::make_unique<MpiGradientExchange>(*this, world_.get(), waiting_));
}

MpiCommunicator::MpiCommunicator(MpiCommunicator& original)
    : Communicator(original.board()),
      rank_(original.rank_),
      size_(original.size_),
      host_rank_(original.host_rank_),
      host_size_(original.host_size_),
      when_idle_(Waiting::yielding),
      waiting_(Waiting::polite) {
  check_mpi(MPI_Comm_dup(original.world_.get(), world_.place()), "MPI_Comm_dup");
  check_mpi(MPI_Comm_dup(original.host_.get(), host_.place()), "MPI_Comm_dup");
  if (original.group_) group_ = std::make_unique<MpiHostGroup>(host_.get(), waiting_);
  carry_gradients_by(std::make_unique<MpiGradientExchange>(*this, world_.get(), waiting_));
}

void MpiCommunicator::configure(const CommunicationOptions& options) {
  ensure(!configured_, "a communicator is configured once");
  configured_ = true;
  const auto wait = wait_in({.name = "the agreement on shared memory and overlap"});
  if (options.node_sharing == NodeSharing::automatic) share_memory();
  auto exchange = std::make_unique<MpiGradientExchange>(*this, world_.get(), waiting_);
  const bool lone = are_lone();
  if (lone && may_gather(options.factors)) exchange->gather_factors();
  if (may_overlap(options.overlap, lone))
    exchange->overlap(std::unique_ptr<Communicator>(lone ? nullptr : new MpiCommunicator(*this)), options);
  carry_gradients_by(std::move(exchange));
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

int MpiCommunicator::count_hosts() const {
  int hosts = host_rank_ == 0 ? 1 : 0;
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &hosts, 1, MPI_INT, MPI_SUM, world_.get()), "MPI_Allreduce");
  return hosts;
}

// Whether each host group has one rank.
bool MpiCommunicator::are_lone() {
  int largest = host_group().size();
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_INT, MPI_MAX, world_.get()), "MPI_Allreduce");
  return largest == 1;
}

bool MpiCommunicator::may_gather(Factors factors) const {
  if (factors == Factors::off || size_ == 1) return false;
  return factors == Factors::on || count_hosts() > 1;
}

bool MpiCommunicator::may_overlap(Overlap overlap, bool lone) const {
  if (overlap == Overlap::off || size_ == 1) return false;
  if (overlap == Overlap::automatic && count_hosts() == 1) return false;
  if (lone) return true;
  if (threads_may_communicate()) return true;
  if (rank_ == 0)
    spdlog::warn(
        "gradients do not travel while backward runs: this MPI lets one thread communicate only "
        "(MPI_THREAD_MULTIPLE is missing)");
  return false;
}

void MpiCommunicator::wait_politely(bool polite) {
  waiting_ = polite ? Waiting::polite : when_idle_;
}

std::unique_ptr<RollCall> MpiCommunicator::make_roll_call() const {
  return threads_may_communicate() ? std::make_unique<MpiRollCall>(world_.get()) : nullptr;
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

void MpiCommunicator::do_barrier() {
  check_mpi(MPI_Barrier(world_.get()), "MPI_Barrier");
}

}  // namespace ganymede
