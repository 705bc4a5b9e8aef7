#include "distributed/mpi_tree_sum.hpp"

#include <array>
#include <bit>

#include "base/error.hpp"
#include "distributed/mpi_session.hpp"
#include "distributed/tree_sum.hpp"

namespace ganymede {
namespace {

constexpr int kTag = 1;
// Longer ones go in pieces that MPI sends at once: beyond its eager limit (64 KB over TCP, header included) it
// first asks the receiver, which answers only when it next looks.
constexpr std::int64_t kMessageBytes = 60 << 10;
constexpr std::int64_t kLargestSum = std::int64_t{1} << 27;      // elements; MPI counts are ints
constexpr std::int64_t kAlignment = 64;                          // bytes; halves begin on a cache line

}  // namespace

MpiTreeSum::MpiTreeSum(MPI_Comm ranks, const WaitingMode& waiting) : ranks_(ranks), waiting_(waiting) {
  check_mpi(MPI_Comm_rank(ranks, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(ranks, &size_), "MPI_Comm_size");
}

void MpiTreeSum::operator()(const at::Tensor& tensor) {
  if (size_ == 1 || tensor.numel() == 0) return;
  if (std::has_single_bit(static_cast<unsigned>(size_)))
    return halve_and_double(static_cast<std::byte*>(tensor.mutable_data_ptr()), tensor.numel(), tensor);
  const MPI_Datatype type = tensor.scalar_type() == at::kDouble ? MPI_DOUBLE : MPI_FLOAT;
  for (std::int64_t begin = 0; begin < tensor.numel(); begin += kLargestSum) {
    const at::Tensor piece = tensor.narrow(0, begin, std::min(kLargestSum, tensor.numel() - begin));
    std::vector<MPI_Request> requests(1);
    check_mpi(MPI_Iallreduce(MPI_IN_PLACE, piece.mutable_data_ptr(), static_cast<int>(piece.numel()), type, MPI_SUM,
                             ranks_, requests.data()),
              "MPI_Iallreduce");
    wait_for(requests);
  }
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
    exchange(data + level.sent_begin * item, (level.sent_end - level.sent_begin) * item, received_.data(), kept * item,
             rank_ ^ distance);
    if (kept > 0)
      tree_sum_into(tensor.narrow(0, level.kept_begin, kept),
                    std::array{tensor.narrow(0, level.kept_begin, kept),
                               at::from_blob(received_.data(), {kept}, tensor.options())});
    begin = level.kept_begin;
    end = level.kept_end;
  }
  for (int distance = size_ / 2; distance >= 1; distance /= 2) {
    const Level& level = levels.back();
    exchange(data + level.kept_begin * item, (level.kept_end - level.kept_begin) * item, data + level.sent_begin * item,
             (level.sent_end - level.sent_begin) * item, rank_ ^ distance);
    levels.pop_back();
  }
}

void MpiTreeSum::exchange(const std::byte* sent, std::int64_t sent_bytes, std::byte* received,
                          std::int64_t received_bytes, int partner) {
  std::vector<MPI_Request> requests;
  for (std::int64_t done = 0; done < received_bytes; done += kMessageBytes)
    check_mpi(MPI_Irecv(received + done, static_cast<int>(std::min(kMessageBytes, received_bytes - done)), MPI_BYTE,
                        partner, kTag, ranks_, &requests.emplace_back()),
              "MPI_Irecv");
  for (std::int64_t done = 0; done < sent_bytes; done += kMessageBytes)
    check_mpi(MPI_Isend(sent + done, static_cast<int>(std::min(kMessageBytes, sent_bytes - done)), MPI_BYTE, partner,
                        kTag, ranks_, &requests.emplace_back()),
              "MPI_Isend");
  wait_for(requests);
}

void MpiTreeSum::wait_for(std::vector<MPI_Request>& requests) const {
  const auto count = static_cast<int>(requests.size());
  wait_until(waiting_, [&] {
    int done = 0;
    check_mpi(MPI_Testall(count, requests.data(), &done, MPI_STATUSES_IGNORE), "MPI_Testall");
    return done != 0;
  });
}

}  // namespace ganymede
