#include "distributed/mpi/mpi_communicator.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/distributed/collective_checks.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/mpi_environment.hpp"

namespace ganymede {
namespace {

TEST(MpiCommunicator, DoesEveryCollective) {
  check_collectives(world());
}

TEST(MpiCommunicator, KnowsTheRanksOfItsHost) {
  EXPECT_EQ(world().host_size(), world().size());  // the tests run on one host
  EXPECT_EQ(world().host_rank(), world().rank());
}

struct Way {
  CommunicationOptions options;
  int host_size = 0;  // pretended
};

// Shared memory; messages between ranks that share none; both; messages in the background.
const std::vector<Way>& ways_to_communicate() {
  static const std::vector<Way> ways{{{}},
                                     {{.node_sharing = NodeSharing::off}},
                                     {{.overlap = Overlap::off}, /*host_size=*/2},
                                     {{.overlap = Overlap::off}, /*host_size=*/1},
                                     {{.overlap = Overlap::on}, /*host_size=*/2},
                                     {{.node_sharing = NodeSharing::off, .overlap = Overlap::on}},
                                     {{.overlap = Overlap::on}}};
  return ways;
}

// Collectives of a rank while its gradients travel.
void check_overlap(Communicator& communicator) {
  constexpr std::int64_t kCount = 100'003;
  GradientExchange& exchange = communicator.gradients();
  const at::Tensor index = at::arange(kCount, at::kDouble);
  const Gradients gradients = exchange.allocate_gradients(kCount, at::kDouble);
  gradients.own.copy_(index + communicator.rank());
  for (std::int64_t begin = 0; begin < kCount; begin += 10'000)
    exchange.start_sums(gradients, std::array{ElementRange{begin, std::min(begin + 10'000, kCount)}});
  check_collectives(communicator);
  exchange.finish_sums();
  const int size = communicator.size();
  for (std::int64_t begin = 0; begin < kCount; begin += 10'000) {
    const ElementRange owned = exchange.owned_part({begin, std::min(begin + 10'000, kCount)});
    const auto of = [&](const at::Tensor& whole) { return whole.narrow(0, owned.begin, owned.size()); };
    EXPECT_TRUE(at::equal(of(gradients.own), of(index) * size + size * (size - 1) / 2));
  }
  communicator.host_barrier();
}

TEST(MpiCommunicator, SumsToOwnersInEveryWay) {
  for (const auto& [options, host_size] : ways_to_communicate()) {
    MpiCommunicator communicator(host_size);
    communicator.configure(options);
    const int size = world().size(), together = host_size == 0 ? size : host_size;
    const int mine = std::min(together, size - communicator.rank() / together * together);
    EXPECT_EQ(communicator.host_size(), mine);
    EXPECT_EQ(communicator.host_group().size(), options.node_sharing == NodeSharing::off ? 1 : mine);
    check_sums_to_owners(communicator);
    check_tree_order(communicator);
    if (communicator.gradients().can_overlap()) check_overlap(communicator);
  }
}

TEST(MpiCommunicator, MeasuresTheBucketsUnlessTheyAreGiven) {
  MpiCommunicator measured, given;
  measured.configure({.node_sharing = NodeSharing::off, .overlap = Overlap::on});
  given.configure({.node_sharing = NodeSharing::off, .overlap = Overlap::on, .bucket_bytes = 12345});
  if (world().size() == 1) return;  // nothing travels
  EXPECT_GE(measured.gradients().bucket_bytes(), 64 << 10);
  EXPECT_LE(measured.gradients().bucket_bytes(), 16 << 20);
  EXPECT_EQ(given.gradients().bucket_bytes(), 12345);
}

// Tensors may die in any order on any rank, and memory comes back.
TEST(MpiCommunicator, SharedMemoryOutlivesItsWindowsNeighbours) {
  std::vector<at::Tensor> kept;
  for (int i = 0; i < 20; ++i) {
    kept.push_back(world().host_group().allocate_one(1000, at::kFloat));
    if (world().host_group().rank() == 0) kept.back().fill_(i);
    world().host_barrier();
    if (i % 3 == world().rank() % 3) kept.erase(kept.begin());
  }
  EXPECT_EQ(kept.back()[999].item<float>(), 19);
  world().host_barrier();
}

TEST(MpiCommunicator, SumsHaveTheSameBitsOnEveryRank) {
  const at::Tensor values = at::rand({1 << 18}) * (world().rank() + 1);
  world().all_reduce_sum_(values);
  const at::Tensor of_root = values.clone();
  world().broadcast_(of_root);
  EXPECT_TRUE(at::equal(values, of_root));
}

TEST(MpiCommunicator, AnErrorOnOneRankIsAgreedByAll) {
  const int failing = world().size() - 1;
  try {
    agree(world(), [&] {
      if (world().rank() == failing) throw DataError("a broken shard");
    });
    ADD_FAILURE() << "nothing was thrown";
  } catch (const AgreedError& error) {
    EXPECT_EQ(error.what(), (failing > 0 ? fmt::format("rank {}: ", failing) : "") + "a broken shard");
    EXPECT_EQ(error.exit_code(), ExitCode::data_error);
  }
}

// Files that this rank alone may not open for a while.
class NoMoreFiles {
 public:
  explicit NoMoreFiles(bool here) {
    getrlimit(RLIMIT_NOFILE, &before_);
    if (const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max}; here) setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoMoreFiles() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreFiles(const NoMoreFiles&) = delete;
  NoMoreFiles& operator=(const NoMoreFiles&) = delete;

 private:
  rlimit before_{};
};

TEST(MpiCommunicator, MemoryThatOneRankDoesNotGetIsMissedByAll) {
  for (const int failing : {0, world().size() - 1}) {
    const NoMoreFiles limit(world().rank() == failing);
    for (const auto& allocate : {+[] { allocate_one(world(), 1000, at::kFloat); },
                                 +[] { allocate_each(world(), 1000, at::kFloat); }})
      expect_error<AgreedError>(allocate, {"cannot share", "Too many open files",
                                           fmt::format("on its rank {}", failing), "fewer ranks on a host"});
  }
  EXPECT_EQ(allocate_each(world(), 1000, at::kFloat).size(), static_cast<std::size_t>(world().size()));
}

// Where one rank cannot look into another's memory, none does.
TEST(MpiCommunicator, RanksThatCannotShareMemoryExchangeMessages) {
  MpiCommunicator communicator;
  {
    const NoMoreFiles limit(world().rank() == world().size() - 1);
    communicator.configure({});
  }
  EXPECT_EQ(communicator.host_group().size(), 1);
  check_sums_to_owners(communicator);
  check_tree_order(communicator);
}

TEST(MpiCommunicator, ACollectiveCallWithinAgreeThrowsAtOnce) {
  expect_error<AgreedError>(
      [] {
        agree(world(), [] {
          if (world().rank() == world().size() - 1) world().host_group().allocate_one(1, at::kFloat);
        });
      },
      {"no collective call"});
}

TEST(MpiCommunicator, IsConfiguredOnce) {
  MpiCommunicator communicator;
  communicator.configure({});
  expect_error<Error>([&] { communicator.configure({}); }, {"configured once"});
}

}  // namespace
}  // namespace ganymede
