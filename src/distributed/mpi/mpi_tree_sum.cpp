#include "distributed/mpi/mpi_tree_sum.hpp"

#include <array>
#include <bit>

#include "base/error.hpp"
#include "distributed/mpi/mpi_session.hpp"
#include "distributed/tree_sum.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kAlignment = 64;  // bytes; halves begin on a cache line

// Where share `rank` of `size` begins among so many elements.
std::int64_t begin_of_share(int rank, int size, std::int64_t count, std::int64_t line) {
  const std::int64_t lines = (count + line - 1) / line;
  return std::min(lines * rank / size * line, count);
}

}  // namespace

MpiTreeSum::MpiTreeSum(MPI_Comm ranks, const WaitingMode& waiting)
    : waiting_(waiting), messages_(ranks, waiting) {
  check_mpi(MPI_Comm_rank(ranks, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(ranks, &size_), "MPI_Comm_size");
}

void MpiTreeSum::begin(const at::Tensor& tensor, int tag) {
  ensure(round_ == rounds_.size(), "the sum before is there");
  rounds_.clear();
  round_ = 0;
  if (size_ == 1 || tensor.numel() == 0) return;
  tensor_ = tensor;
  messages_.use_tag(tag);
  if (std::has_single_bit(static_cast<unsigned>(size_)))
    plan_halves();
  else
    plan_shares();
  rounds_.front().post();
}

bool MpiTreeSum::advance() {
  while (round_ < rounds_.size()) {
    if (!messages_.done()) return false;
    rounds_[round_].complete();
    if (++round_ < rounds_.size()) rounds_[round_].post();
  }
  return true;
}

void MpiTreeSum::wait() {
  wait_until(waiting_, [this] { return advance(); });
}

void MpiTreeSum::cancel() noexcept {
  messages_.cancel();
  round_ = rounds_.size();
}

std::byte* MpiTreeSum::bytes_at(std::int64_t element) const {
  return static_cast<std::byte*>(tensor_.mutable_data_ptr()) +
         element * static_cast<std::int64_t>(tensor_.element_size());
}

void MpiTreeSum::make_room(std::int64_t bytes) {
  if (static_cast<std::size_t>(bytes) > received_.size()) received_.resize(static_cast<std::size_t>(bytes));
}

// Each rank sums its share of all ranks' numbers and sends it to all: two rounds, in which all messages are
// under way at once. MPI's own sum need not have the same bits on every rank.
void MpiTreeSum::plan_shares() {
  const auto item = static_cast<std::int64_t>(tensor_.element_size());
  const auto begin_of = [count = tensor_.numel(), size = size_, line = kAlignment / item](int rank) {
    return begin_of_share(rank, size, count, line);
  };
  const auto bytes_of = [begin_of, item](int rank) { return (begin_of(rank + 1) - begin_of(rank)) * item; };
  const auto for_each_other = [this](const auto& action) {
    for (int distance = 1; distance < size_; ++distance) action((rank_ + distance) % size_);
  };
  const std::int64_t mine = bytes_of(rank_);
  make_room(mine * size_);
  rounds_.push_back({.post =
                         [this, for_each_other, begin_of, bytes_of, mine] {
                           for_each_other([&](int other) {
                             messages_.receive(received_.data() + mine * other, mine, other);
                             messages_.send(bytes_at(begin_of(other)), bytes_of(other), other);
                           });
                         },
                     .complete =
                         [this, begin_of, mine, item] {
                           if (mine == 0) return;
                           const at::Tensor sum = tensor_.narrow(0, begin_of(rank_), mine / item);
                           std::vector<at::Tensor> addends;
                           for (int rank = 0; rank < size_; ++rank)
                             addends.push_back(rank == rank_
                                                   ? sum
                                                   : at::from_blob(received_.data() + mine * rank,
                                                                   {mine / item}, tensor_.options()));
                           tree_sum_into(sum, addends);
                         }});
  rounds_.push_back({.post = [this, for_each_other, begin_of, bytes_of, mine] {
    for_each_other([&](int other) {
      messages_.receive(bytes_at(begin_of(other)), bytes_of(other), other);
      messages_.send(bytes_at(begin_of(rank_)), mine, other);
    });
  }});
}

void MpiTreeSum::plan_halves() {
  const auto item = static_cast<std::int64_t>(tensor_.element_size());
  const std::int64_t line = kAlignment / item;
  struct Part {
    std::int64_t begin, end;
    std::int64_t size() const { return end - begin; }
  };
  struct Level {
    int partner;
    Part kept, sent;
  };
  std::vector<Level> levels;
  Part part{0, tensor_.numel()};
  for (int distance = 1; distance < size_; distance *= 2) {
    const std::int64_t middle =
        std::min(part.end, part.begin + (part.size() + 2 * line - 1) / (2 * line) * line);
    const Part low{part.begin, middle}, high{middle, part.end};
    const bool lower = (rank_ & distance) == 0;
    levels.push_back({.partner = rank_ ^ distance, .kept = lower ? low : high, .sent = lower ? high : low});
    part = levels.back().kept;
  }
  make_room(levels.front().kept.size() * item);
  for (const Level& level : levels)
    rounds_.push_back(
        {.post =
             [this, level, item] {
               messages_.receive(received_.data(), level.kept.size() * item, level.partner);
               messages_.send(bytes_at(level.sent.begin), level.sent.size() * item, level.partner);
             },
         .complete =
             [this, level] {
               if (level.kept.size() == 0) return;
               const at::Tensor sum = tensor_.narrow(0, level.kept.begin, level.kept.size());
               tree_sum_into(sum, std::array{sum, at::from_blob(received_.data(), {level.kept.size()},
                                                                tensor_.options())});
             }});
  for (auto level = levels.rbegin(); level != levels.rend(); ++level)
    rounds_.push_back({.post = [this, level = *level, item] {
      messages_.receive(bytes_at(level.sent.begin), level.sent.size() * item, level.partner);
      messages_.send(bytes_at(level.kept.begin), level.kept.size() * item, level.partner);
    }});
}

}  // namespace ganymede
