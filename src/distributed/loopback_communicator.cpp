#include "distributed/loopback_communicator.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "distributed/host_gradient_exchange.hpp"
#include "distributed/tree_sum.hpp"

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

// Who meets whom: all ranks, those of a node, and those with the same place in their nodes.
class World {
 public:
  World(int size, const std::vector<int>& host_group_sizes) : everyone(size) {
    for (const int host_size : host_group_sizes) nodes.push_back(std::make_unique<Meeting>(host_size));
    owners = *std::min_element(host_group_sizes.begin(), host_group_sizes.end());
    for (int place = 0; place < owners; ++place)
      across.push_back(std::make_unique<Meeting>(static_cast<int>(host_group_sizes.size())));
  }

  void break_up() {
    everyone.break_up();
    for (const auto& meeting : nodes) meeting->break_up();
    for (const auto& meeting : across) meeting->break_up();
  }

  Meeting everyone;
  std::vector<std::unique_ptr<Meeting>> nodes;   // [node]
  std::vector<std::unique_ptr<Meeting>> across;  // [place in the node]
  int owners = 1;
};

// What a rank brings is seen by all of the meeting.
std::vector<at::Tensor> show_around(Meeting& meeting, int place, const at::Tensor& brought) {
  meeting.posted[static_cast<std::size_t>(place)] = brought;
  meeting.wait();
  std::vector<at::Tensor> all = meeting.posted;
  meeting.wait();
  return all;
}

class LoopbackHostGroup final : public HostGroup {
 public:
  LoopbackHostGroup(Meeting& meeting, int rank, int size) : meeting_(meeting), rank_(rank), size_(size) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }

 private:
  std::vector<at::Tensor> do_allocate_each(std::int64_t elements, at::ScalarType dtype) override {
    const std::vector<at::Tensor> of_rank = show_around(meeting_, rank_, zeros_if_possible(elements, dtype));
    for (const at::Tensor& tensor : of_rank) require_memory(tensor, elements);
    return of_rank;
  }
  at::Tensor do_allocate_one(std::int64_t elements, at::ScalarType dtype) override {
    const at::Tensor own = rank_ == 0 ? zeros_if_possible(elements, dtype) : at::Tensor();
    const at::Tensor of_all = show_around(meeting_, rank_, own)[0];
    require_memory(of_all, elements);
    return of_all;
  }
  static at::Tensor zeros_if_possible(std::int64_t elements, at::ScalarType dtype) try {
    return at::zeros({elements}, dtype);
  } catch (const c10::Error&) {
    return {};
  }
  static void require_memory(const at::Tensor& tensor, std::int64_t elements) {
    if (!tensor.defined()) throw CommunicationError(fmt::format("no memory for {} elements", elements));
  }
  void do_barrier() override { meeting_.wait(); }

  Meeting& meeting_;
  const int rank_, size_;
};

struct LoopbackPlace {
  int rank, size, node, host_rank, host_size;
};

void broadcast_in(Meeting& meeting, int place, const at::Tensor& tensor, int root) {
  at::NoGradGuard no_grad;
  meeting.posted[static_cast<std::size_t>(place)] = tensor;
  meeting.wait();
  if (place != root) tensor.copy_(meeting.posted[static_cast<std::size_t>(root)]);
  meeting.wait();
}

class LoopbackGradientExchange final : public HostGradientExchange {
 public:
  LoopbackGradientExchange(Communicator& communicator, World& world, const LoopbackPlace& place)
      : HostGradientExchange(communicator), world_(world), place_(place) {}

 private:
  int owners() const override { return world_.owners; }

  void sum_across_hosts_(const at::Tensor& tensor) override {
    at::NoGradGuard no_grad;
    Meeting& meeting = *world_.across[static_cast<std::size_t>(place_.host_rank)];
    meeting.posted[place_.node] = tensor;
    meeting.wait();
    const at::Tensor sum = at::empty_like(tensor);
    tree_sum_into(sum, meeting.posted);
    meeting.wait();
    tensor.copy_(sum);
    meeting.wait();
  }

  void begin_gather(const at::Tensor& own, const at::Tensor& all) override {
    at::NoGradGuard no_grad;
    Meeting& meeting = *world_.across[0];
    meeting.posted[place_.node] = own;
    meeting.wait();
    for (std::size_t node = 0; node < meeting.posted.size(); ++node)
      all[static_cast<std::int64_t>(node)].copy_(meeting.posted[node]);
    meeting.wait();
  }

  void broadcast_across_hosts_(const at::Tensor& tensor) override {
    broadcast_in(*world_.across[0], place_.node, tensor, 0);
  }

  bool compares_background_sums() const override { return true; }

  World& world_;
  const LoopbackPlace place_;
};

class LoopbackCommunicator final : public Communicator {
 public:
  // With another world its gradients may travel in the background.
  LoopbackCommunicator(World& world, const LoopbackPlace& place, const LoopbackOptions& options,
                       World* background_world = nullptr,
                       std::shared_ptr<WaitBoard> board = std::make_shared<WaitBoard>())
      : Communicator(std::move(board)),
        world_(world),
        place_(place),
        node_(*world.nodes[static_cast<std::size_t>(place.node)], place.host_rank, place.host_size) {
    auto exchange = std::make_unique<LoopbackGradientExchange>(*this, world, place);
    if (options.overlap && options.factors)
      exchange->take_turns(options.bucket_bytes, /*leaves_overlap_open=*/true);
    else if (background_world)
      exchange->start_background(
          std::make_unique<LoopbackCommunicator>(*background_world, place, options, nullptr, this->board()),
          options.bucket_bytes, /*leaves_overlap_open=*/true);
    if (options.factors) exchange->gather_factors();
    carry_gradients_by(std::move(exchange));
  }

  int rank() const override { return place_.rank; }
  int size() const override { return place_.size; }
  int host_rank() const override { return place_.host_rank; }
  int host_size() const override { return place_.host_size; }
  HostGroup& host_group() override { return node_; }

 private:
  void do_all_reduce_sum_(const at::Tensor& tensor) override {
    at::NoGradGuard no_grad;
    Meeting& everyone = world_.everyone;
    everyone.posted[place_.rank] = tensor;
    everyone.wait();
    if (place_.rank == 0) {
      everyone.result = everyone.posted[0].clone();
      for (int r = 1; r < place_.size; ++r) everyone.result.add_(everyone.posted[r]);
    }
    everyone.wait();
    tensor.copy_(everyone.result);
    everyone.wait();
  }

  void do_broadcast_(const at::Tensor& tensor, int root) override {
    broadcast_in(world_.everyone, place_.rank, tensor, root);
  }

  void do_all_gather(const at::Tensor& tensor, const at::Tensor& gathered) override {
    at::NoGradGuard no_grad;
    Meeting& everyone = world_.everyone;
    everyone.posted[place_.rank] = tensor;
    everyone.wait();
    for (int r = 0; r < place_.size; ++r) gathered[r].copy_(everyone.posted[r]);
    everyone.wait();
  }

  void do_barrier() override { world_.everyone.wait(); }

  World& world_;
  const LoopbackPlace place_;
  LoopbackHostGroup node_;
};

std::vector<LoopbackPlace> places_of(const std::vector<int>& host_group_sizes) {
  std::vector<LoopbackPlace> places;
  const int size = std::accumulate(host_group_sizes.begin(), host_group_sizes.end(), 0);
  for (int node = 0; node < static_cast<int>(host_group_sizes.size()); ++node)
    for (int host_rank = 0; host_rank < host_group_sizes[static_cast<std::size_t>(node)]; ++host_rank)
      places.push_back({static_cast<int>(places.size()), size, node, host_rank,
                        host_group_sizes[static_cast<std::size_t>(node)]});
  return places;
}

}  // namespace

void run_loopback_ranks(int size, const std::function<void(Communicator&)>& body,
                        const LoopbackOptions& options) {
  const std::vector<int> host_group_sizes =
      options.host_group_sizes.empty() ? std::vector{size} : options.host_group_sizes;
  const std::vector<LoopbackPlace> places = places_of(host_group_sizes);
  ensure(static_cast<int>(places.size()) == size, "the nodes have all ranks");
  World world(size, host_group_sizes), background_world(size, host_group_sizes);
  std::mutex mutex;
  std::exception_ptr first_error;
  std::vector<std::thread> threads;
  threads.reserve(places.size());
  for (const LoopbackPlace& place : places)
    threads.emplace_back([&] {
      LoopbackCommunicator communicator(world, place, options, options.overlap ? &background_world : nullptr);
      try {
        body(communicator);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first_error) first_error = std::current_exception();
        world.break_up();
        background_world.break_up();
      }
    });
  for (auto& thread : threads) thread.join();
  if (first_error) std::rethrow_exception(first_error);
}

}  // namespace ganymede
