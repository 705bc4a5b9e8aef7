#include "distributed/mpi_gradient_exchange.hpp"

#include <limits>

#include "base/clock.hpp"
#include "base/logging.hpp"
#include "base/trace.hpp"
#include "distributed/mpi_pieces.hpp"
#include "distributed/mpi_session.hpp"

namespace ganymede {
namespace {

constexpr int kGatherTag = 2;  // a sum that another rank takes for a gathering does not come to its end

}  // namespace

MpiGradientExchange::MpiGradientExchange(Communicator& communicator, MPI_Comm world,
                                         const WaitingMode& waiting)
    : HostGradientExchange(communicator), waiting_(waiting) {
  const HostGroup& group = communicator.host_group();
  owners_ = group.size();
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &owners_, 1, MPI_INT, MPI_MIN, world), "MPI_Allreduce");
  const int place = group.rank() < owners_ ? group.rank() : MPI_UNDEFINED;
  check_mpi(MPI_Comm_split(world, place, communicator.rank(), across_.place()), "MPI_Comm_split");
  if (across_) sum_across_.emplace(across_.get(), waiting);
}

void MpiGradientExchange::overlap(std::unique_ptr<Communicator> of_thread,
                                  const CommunicationOptions& options) {
  const bool open = options.overlap == Overlap::automatic;
  start_background(std::move(of_thread),
                   options.bucket_bytes ? *options.bucket_bytes : measure_bucket_bytes(), open);
  if (communicator().rank() == 0)
    spdlog::info("gradients travel {}, in buckets of {} KB",
                 open ? "while backward runs or after it, as steps will show" : "while backward runs",
                 bucket_bytes() >> 10);
}

// Of the line time = a + b x bytes, measured by a small and a large sum: buckets so large that a is 5 % of
// it.
std::int64_t MpiGradientExchange::measure_bucket_bytes() {
  constexpr std::int64_t kLargeBytes = 1 << 20, kItem = sizeof(float);
  constexpr double kOverheadShare = 0.05;
  constexpr int kRepeats = 4;
  const auto shortest = [&](std::int64_t bytes) {
    const at::Tensor numbers = at::zeros({bytes / kItem});
    double seconds = std::numeric_limits<double>::infinity();
    for (int i = 0; i < kRepeats; ++i) {
      communicator().barrier();
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
  communicator().broadcast_(bytes);
  return bytes.item<std::int64_t>();
}

// All with all: what travels is the same as in a ring, in one round.
void MpiGradientExchange::begin_gather(const at::Tensor& own, const at::Tensor& all) {
  const int rank = communicator().rank(), size = communicator().size();
  const auto bytes = static_cast<std::int64_t>(own.nbytes());
  auto* const gathered = static_cast<std::byte*>(all.mutable_data_ptr());
  const auto* const mine = static_cast<const std::byte*>(own.const_data_ptr());
  if (!factors_) factors_.emplace(across_.get(), kGatherTag, waiting_);
  for (int distance = 1; distance < size; ++distance) {
    const int from = (rank + size - distance) % size;
    factors_->receive(gathered + bytes * from, bytes, from);
    factors_->send(mine, bytes, (rank + distance) % size);
  }
  std::copy_n(mine, bytes, gathered + bytes * rank);
  their_memory_.insert(their_memory_.end(), {own, all});
}

void MpiGradientExchange::end_gathers() {
  if (their_memory_.empty()) return;
  const ScopedTimer timer = communicator().count_time();
  const TraceSpan span("wait_for_factors", TraceCategory::communication);
  const auto wait = communicator().wait_in({.name = "the gathering of factors"});
  factors_->wait();
  their_memory_.clear();
}

// MPI may write to their memory as long as it can: it stays.
void MpiGradientExchange::abandon_gathers() noexcept {
  if (factors_) factors_->cancel();
}

void MpiGradientExchange::broadcast_across_hosts_(const at::Tensor& tensor) {
  int groups = 1;
  check_mpi(MPI_Comm_size(across_.get(), &groups), "MPI_Comm_size");
  if (groups == 1) return;
  for_each_piece(tensor, [&](std::byte* data, int count) {
    check_mpi(MPI_Bcast(data, count, mpi_type(tensor), 0, across_.get()), "MPI_Bcast");
  });
}

}  // namespace ganymede
