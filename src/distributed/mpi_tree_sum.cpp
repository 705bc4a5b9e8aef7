#include "distributed/mpi_tree_sum.hpp"

#include <array>
#include <bit>

#include "base/error.hpp"
#include "distributed/mpi_messages.hpp"
#include "distributed/mpi_session.hpp"
#include "distributed/tree_sum.hpp"

namespace ganymede {
namespace {

constexpr int kTag = 1;
constexpr std::int64_t kAlignment = 64;  // bytes; halves begin on a cache line

}  // namespace

MpiTreeSum::MpiTreeSum(MPI_Comm ranks, const WaitingMode& waiting) : ranks_(ranks), waiting_(waiting) {
  check_mpi(MPI_Comm_rank(ranks, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(ranks, &size_), "MPI_Comm_size");
}

void MpiTreeSum::operator()(const at::Tensor& tensor) {
  if (size_ == 1 || tensor.numel() == 0) return;
  if (std::has_single_bit(static_cast<unsigned>(size_)))
    return halve_and_double(static_cast<std::byte*>(tensor.mutable_data_ptr()), tensor.numel(), tensor);
  exchange_shares(static_cast<std::byte*>(tensor.mutable_data_ptr()), tensor.numel(), tensor);
}

// Each rank sums its share of all ranks' numbers and sends it to all: two rounds, in which all messages are
// under way at once. MPI's own sum need not have the same bits on every rank.
void MpiTreeSum::exchange_shares(std::byte* data, std::int64_t count, const at::Tensor& tensor) {
  const auto item = static_cast<std::int64_t>(tensor.element_size());
  const std::int64_t line = kAlignment / item, lines = (count + line - 1) / line;
  const auto begin_of = [&](int rank) { return std::min(lines * rank / size_ * line, count); };
  const std::int64_t begin = begin_of(rank_), mine = begin_of(rank_ + 1) - begin;
  const auto for_each_other = [&](const auto& action) {
    for (int distance = 1; distance < size_; ++distance) action((rank_ + distance) % size_);
  };

  received_.resize(static_cast<std::size_t>(std::max<std::int64_t>(mine * item * size_, 1)));
  MpiMessages messages(ranks_, kTag, waiting_);
  for_each_other([&](int other) {
    messages.receive(received_.data() + mine * item * other, mine * item, other);
    messages.send(data + begin_of(other) * item, (begin_of(other + 1) - begin_of(other)) * item, other);
  });
  messages.wait();
  const at::Tensor sum = tensor.narrow(0, begin, mine);
  std::vector<at::Tensor> addends;
  for (int rank = 0; rank < size_; ++rank)
    addends.push_back(
        rank == rank_ ? sum : at::from_blob(received_.data() + mine * item * rank, {mine}, tensor.options()));
  if (mine > 0) tree_sum_into(sum, addends);

  for_each_other([&](int other) {
    messages.receive(data + begin_of(other) * item, (begin_of(other + 1) - begin_of(other)) * item, other);
    messages.send(data + begin * item, mine * item, other);
  });
  messages.wait();
}

void MpiTreeSum::halve_and_double(std::byte* data, std::int64_t count, const at::Tensor& tensor) {
  const auto item = static_cast<std::int64_t>(tensor.element_size());
  const std::int64_t line = kAlignment / item;
  struct Level {
    std::int64_t kept_begin, kept_end, sent_begin, sent_end;
  };
  std::vector<Level> levels;  // [distance's logarithm]
  std::int64_t begin = 0, end = count;
  for (int distance = 1; distance < size_; distance *= 2) {
    const std::int64_t middle = std::min(end, begin + (end - begin + 2 * line - 1) / (2 * line) * line);
    const bool lower = (rank_ & distance) == 0;
    levels.push_back(lower ? Level{begin, middle, middle, end} : Level{middle, end, begin, middle});
    const Level& level = levels.back();
    const std::int64_t kept = level.kept_end - level.kept_begin;
    received_.resize(static_cast<std::size_t>(std::max<std::int64_t>(kept * item, 1)));
    exchange(data + level.sent_begin * item, (level.sent_end - level.sent_begin) * item, received_.data(),
             kept * item, rank_ ^ distance);
    if (kept > 0)
      tree_sum_into(tensor.narrow(0, level.kept_begin, kept),
                    std::array{tensor.narrow(0, level.kept_begin, kept),
                               at::from_blob(received_.data(), {kept}, tensor.options())});
    begin = level.kept_begin;
    end = level.kept_end;
  }
  for (int distance = size_ / 2; distance >= 1; distance /= 2) {
    const Level& level = levels.back();
    exchange(data + level.kept_begin * item, (level.kept_end - level.kept_begin) * item,
             data + level.sent_begin * item, (level.sent_end - level.sent_begin) * item, rank_ ^ distance);
    levels.pop_back();
  }
}

void MpiTreeSum::exchange(const std::byte* sent, std::int64_t sent_bytes, std::byte* received,
                          std::int64_t received_bytes, int partner) {
  MpiMessages messages(ranks_, kTag, waiting_);
  messages.receive(received, received_bytes, partner);
  messages.send(sent, sent_bytes, partner);
  messages.wait();
}

}  // namespace ganymede
