#include "distributed/mpi/mpi_gradient_exchange.hpp"

#include <limits>

#include "base/clock.hpp"
#include "base/logging.hpp"
#include "distributed/mpi/mpi_pieces.hpp"
#include "distributed/mpi/mpi_session.hpp"

namespace ganymede {
namespace {

// Sums that are under way together have tags of their own, gatherings another.
constexpr int kGatherTag = 1, kFirstSumTag = 2;

}  // namespace

MpiGradientExchange::MpiGradientExchange(Communicator& communicator, MPI_Comm world,
                                         const WaitingMode& waiting)
    : HostGradientExchange(communicator), waiting_(waiting) {
  const HostGroup& group = communicator.host_group();
  owners_ = group.size();
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &owners_, 1, MPI_INT, MPI_MIN, world), "MPI_Allreduce");
  const int place = group.rank() < owners_ ? group.rank() : MPI_UNDEFINED;
  check_mpi(MPI_Comm_split(world, place, communicator.rank(), across_.place()), "MPI_Comm_split");
}

void MpiGradientExchange::overlap(std::unique_ptr<Communicator> of_thread,
                                  const CommunicationOptions& options) {
  const bool open = options.overlap == Overlap::automatic;
  const std::int64_t bucket_bytes = options.bucket_bytes ? *options.bucket_bytes : measure_bucket_bytes();
  if (of_thread)
    start_background(std::move(of_thread), bucket_bytes, open);
  else
    take_turns(bucket_bytes, open);
  if (communicator().rank() == 0)
    spdlog::info("gradients travel {}, in buckets of {} KB",
                 open ? "while backward runs or after it, as steps will show" : "while backward runs",
                 this->bucket_bytes() >> 10);
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
      if (across_) sum_across_hosts_(numbers);
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
  if (!factors_) {
    factors_.emplace(across_.get(), waiting_);
    factors_->use_tag(kGatherTag);
  }
  for (int distance = 1; distance < size; ++distance) {
    const int from = (rank + size - distance) % size;
    factors_->receive(gathered + bytes * from, bytes, from);
    factors_->send(mine, bytes, (rank + distance) % size);
  }
  std::copy_n(mine, bytes, gathered + bytes * rank);
  memory_of_factors_.insert(memory_of_factors_.end(), {own, all});
}

void MpiGradientExchange::begin_sum(const at::Tensor& tensor) {
  if (under_way_ == sums_.size()) sums_.push_back(std::make_unique<MpiTreeSum>(across_.get(), waiting_));
  sums_[under_way_]->begin(tensor, kFirstSumTag + static_cast<int>(under_way_));
  ++under_way_;
}

void MpiGradientExchange::progress() {
  for (std::size_t i = 0; i < under_way_; ++i) sums_[i]->advance();
}

void MpiGradientExchange::end_all() {
  wait_until(waiting_, [this] {
    bool done = true;
    for (std::size_t i = 0; i < under_way_; ++i) done = sums_[i]->advance() && done;
    return done;
  });
  under_way_ = 0;
  if (factors_) factors_->wait();
  memory_of_factors_.clear();
}

// MPI may write to their memory as long as it can: it stays.
void MpiGradientExchange::abandon_all() noexcept {
  for (std::size_t i = 0; i < under_way_; ++i) sums_[i]->cancel();
  if (factors_) factors_->cancel();
}

// Nothing else is under way: factors may be, whose messages are others.
void MpiGradientExchange::sum_across_hosts_(const at::Tensor& tensor) {
  begin_sum(tensor);
  sums_[--under_way_]->wait();
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
