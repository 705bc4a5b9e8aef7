#include "distributed/loopback_communicator.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.hpp"

namespace ganymede {
namespace {

// What the ranks of one loopback group share.
class Meeting {
 public:
  explicit Meeting(int size) : posted(size), size_(size) {}

  // Returns when all ranks have come. Throws if one of them never will.
  void wait() {
    std::unique_lock lock(mutex_);
    const auto round = round_;
    if (++arrived_ == size_) {
      arrived_ = 0;
      ++round_;
      all_here_.notify_all();
    }
    all_here_.wait(lock, [&] { return round_ != round || broken_; });
    if (round_ == round) throw CommunicationError("another loopback rank failed");
  }

  void break_up() {
    const std::lock_guard lock(mutex_);
    broken_ = true;
    all_here_.notify_all();
  }

  std::vector<at::Tensor> posted;  // [rank], what each rank brought to the current collective
  at::Tensor result;

 private:
  const int size_;
  std::mutex mutex_;
  std::condition_variable all_here_;
  int arrived_ = 0;
  std::uint64_t round_ = 0;
  bool broken_ = false;
};

class LoopbackCommunicator final : public Communicator {
 public:
  LoopbackCommunicator(Meeting& meeting, int rank, int size) : meeting_(meeting), rank_(rank), size_(size) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int node_rank() const override { return rank_; }
  int node_size() const override { return size_; }

 private:
  void do_all_reduce_sum_(const at::Tensor& tensor) override {
    at::NoGradGuard no_grad;
    meeting_.posted[rank_] = tensor;
    meeting_.wait();
    if (rank_ == 0) {
      meeting_.result = meeting_.posted[0].clone();
      for (int r = 1; r < size_; ++r) meeting_.result.add_(meeting_.posted[r]);
    }
    meeting_.wait();
    tensor.copy_(meeting_.result);
    meeting_.wait();
  }

  void do_broadcast_(const at::Tensor& tensor, int root) override {
    at::NoGradGuard no_grad;
    meeting_.posted[rank_] = tensor;
    meeting_.wait();
    if (rank_ != root) tensor.copy_(meeting_.posted[root]);
    meeting_.wait();
  }

  void do_all_gather(const at::Tensor& tensor, const at::Tensor& gathered) override {
    at::NoGradGuard no_grad;
    meeting_.posted[rank_] = tensor;
    meeting_.wait();
    for (int r = 0; r < size_; ++r) gathered[r].copy_(meeting_.posted[r]);
    meeting_.wait();
  }

  void do_barrier() override { meeting_.wait(); }

  Meeting& meeting_;
  const int rank_, size_;
};

}  // namespace

void run_loopback_ranks(int size, const std::function<void(Communicator&)>& body) {
  Meeting meeting(size);
  std::mutex mutex;
  std::exception_ptr first_error;
  std::vector<std::thread> threads;
  threads.reserve(size);
  for (int rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      LoopbackCommunicator communicator(meeting, rank, size);
      try {
        body(communicator);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first_error) first_error = std::current_exception();
        meeting.break_up();
      }
    });
  for (auto& thread : threads) thread.join();
  if (first_error) std::rethrow_exception(first_error);
}

}  // namespace ganymede
