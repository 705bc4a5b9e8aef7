#include "distributed/nccl/nccl_gradient_exchange.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <thread>

#include "distributed/agreement.hpp"
#include "distributed/nccl/visible_gpus.hpp"
#include "tests/doubles/device_double.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/mpi_environment.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kBlock = GradientExchange::kOwnedBlock;
constexpr auto kBothWays = std::array{NcclSums::scattered, NcclSums::everywhere};

// The stream that computes: what it is given runs in order, at its own time.
class KernelStream {
 public:
  KernelStream() { cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking, -5); }
  ~KernelStream() { cudaStreamDestroy(stream_); }
  KernelStream(const KernelStream&) = delete;
  KernelStream& operator=(const KernelStream&) = delete;

  cudaStream_t get() const { return stream_; }
  void launch(std::function<void()> kernel) {
    const auto run = [](void* data) {
      const std::unique_ptr<std::function<void()>> owned(static_cast<std::function<void()>*>(data));
      (*owned)();
    };
    cudaLaunchHostFunc(stream_, run, new std::function<void()>(std::move(kernel)));
  }
  // A kernel that takes its time, on each rank more than on the one before: who does not wait for it, here or
  // on another rank, comes too early.
  void launch_slowly(std::function<void()> kernel) {
    launch([kernel = std::move(kernel)] {
      std::this_thread::sleep_for(std::chrono::milliseconds(10 * (1 + world().rank())));
      kernel();
    });
  }
  void wait() { cudaStreamSynchronize(stream_); }

 private:
  cudaStream_t stream_ = nullptr;
};

NcclOptions options_for(const KernelStream& compute, NcclSums sums = NcclSums::scattered) {
  return {.device = at::kCPU,
          .compute_stream = [&compute] { return compute.get(); },
          .sums = sums,
          .timeout_seconds = 20};
}

at::Tensor sum_over_ranks(const at::Tensor& index) {
  const int size = world().size();
  return index * size + size * (size - 1) / 2;
}

// In whole granules of 1, 3 and 2, and the rest.
std::vector<ElementRange> uneven_buckets(const GradientExchange& exchange, std::int64_t elements) {
  std::vector<ElementRange> buckets;
  std::int64_t begin = 0;
  for (const std::int64_t granules : {1, 3, 2}) {
    const std::int64_t end = std::min(elements, begin + granules * exchange.bucket_granule());
    if (end > begin) buckets.push_back({begin, end});
    begin = end;
  }
  if (begin < elements) buckets.push_back({begin, elements});
  return buckets;
}

// Nothing that NCCL and CUDA gave is left when a test is over.
class NcclGradientExchangeTest : public testing::Test {
 protected:
  void SetUp() override {
    doubles::set_faults({});
    doubles::take_log();
    world().barrier();
  }
  void TearDown() override {
    EXPECT_EQ(doubles::living(), doubles::Living{});
    world().barrier();
  }
};

void fail_here(const doubles::Faults& faults, int rank) {
  if (world().rank() == rank) doubles::set_faults(faults);
}

int last_rank() {
  return world().size() - 1;
}

// Updates whose gradients are late, and whose sums and values are read as soon as the stream lets them be.
TEST_F(NcclGradientExchangeTest, SumsUnevenBucketsOfBothDtypesInBothWays) {
  for (const NcclSums sums : kBothWays)
    for (const auto dtype : {at::kFloat, at::kDouble})
      for (const std::int64_t elements : {std::int64_t{1}, std::int64_t{1000}, 30 * kBlock + 77}) {
        KernelStream compute;
        NcclGradientExchange exchange(world(), options_for(compute, sums));
        const at::Tensor index = at::arange(elements, dtype);
        const Gradients gradients = exchange.allocate_gradients(elements, dtype);
        const at::Tensor values = exchange.allocate_values(elements, dtype);
        const std::vector<ElementRange> buckets = uneven_buckets(exchange, elements);
        for (int update = 1; update <= 2; ++update) {
          for (const ElementRange& bucket : buckets) {
            compute.launch_slowly([&, bucket, update] {
              const at::Tensor part = index.narrow(0, bucket.begin, bucket.size());
              gradients.own.narrow(0, bucket.begin, bucket.size()).copy_(update * (part + world().rank()));
            });
            exchange.start_sums(gradients, std::span(&bucket, 1));
          }
          exchange.finish_sums();
          compute.launch([&] {
            for (const ElementRange& bucket : buckets) {
              const ElementRange mine = exchange.owned_part(bucket);
              values.narrow(0, mine.begin, mine.size())
                  .copy_(gradients.own.narrow(0, mine.begin, mine.size()) * 3);
            }
          });
          exchange.publish(values, buckets, kBlock);
          at::Tensor seen;
          compute.launch([&] { seen = values.clone(); });
          compute.wait();
          EXPECT_TRUE(at::equal(seen, sum_over_ranks(index) * 3 * update))
              << elements << " of " << dtype << ", update " << update;
        }
      }
}

// Of every element there is one owner, where sums are scattered.
TEST_F(NcclGradientExchangeTest, OwnersPartitionTheBuckets) {
  const KernelStream compute;
  NcclGradientExchange exchange(world(), options_for(compute));
  for (const std::int64_t elements : {std::int64_t{1}, 30 * kBlock + 77}) {
    const at::Tensor owners = at::zeros({elements}, at::kLong);
    for (const ElementRange& bucket : uneven_buckets(exchange, elements)) {
      const ElementRange mine = exchange.owned_part(bucket);
      EXPECT_TRUE(mine.begin >= bucket.begin && mine.end <= bucket.end);
      EXPECT_TRUE(mine.size() == 0 || mine.begin % kBlock == 0);
      owners.narrow(0, mine.begin, mine.size()).add_(1);
    }
    world().all_reduce_sum_(owners);
    EXPECT_TRUE(owners.eq(1).all().item<bool>());
  }
}

// A number for each block, as of norms: each owner has written those of its blocks.
TEST_F(NcclGradientExchangeTest, PublishesNumbersOfBlocks) {
  KernelStream compute;
  NcclGradientExchange exchange(world(), options_for(compute));
  const std::int64_t blocks = 6 * world().size() + 1;
  const at::Tensor numbers = exchange.allocate_values(blocks, at::kDouble);
  std::vector<ElementRange> of_blocks;
  for (const ElementRange& bucket : uneven_buckets(exchange, blocks * kBlock)) {
    of_blocks.push_back({bucket.begin / kBlock, bucket.end / kBlock});
    const ElementRange mine = exchange.owned_part(bucket);
    for (std::int64_t block = mine.begin / kBlock; block < mine.end / kBlock; ++block)
      numbers[block].fill_(100 + block);
  }
  exchange.publish(numbers, of_blocks, /*block=*/1);
  exchange.wait();
  EXPECT_TRUE(at::equal(numbers, at::arange(100, 100 + blocks, at::kDouble)));
}

TEST_F(NcclGradientExchangeTest, BucketsOfOneCallTravelAsAGroupInTheirOrder) {
  const KernelStream compute;
  NcclGradientExchange exchange(world(), options_for(compute));
  const std::int64_t granule = exchange.bucket_granule();
  const Gradients gradients = exchange.allocate_gradients(6 * granule, at::kFloat);
  const std::vector<ElementRange> buckets{{0, granule}, {granule, 4 * granule}, {4 * granule, 6 * granule}};
  doubles::take_log();
  exchange.start_sums(gradients, buckets);
  exchange.start_sums(gradients, std::array{buckets[1]});
  exchange.finish_sums();
  exchange.wait();
  const auto scatter = [&](std::int64_t granules) {
    return fmt::format("ncclReduceScatter {}", granules * granule);
  };
  EXPECT_EQ(doubles::take_log(),
            (std::vector<std::string>{"ncclGroupStart", scatter(1), scatter(3), scatter(2), "ncclGroupEnd",
                                      "ncclGroupStart", scatter(3), "ncclGroupEnd"}));
}

TEST_F(NcclGradientExchangeTest, RefusesBucketsWithoutEqualParts) {
  const KernelStream compute;
  NcclGradientExchange exchange(world(), options_for(compute));
  const Gradients gradients = exchange.allocate_gradients(4 * exchange.bucket_granule(), at::kFloat);
  expect_error<Error>(
      [&] {
        exchange.start_sums(gradients, std::array{ElementRange{0, kBlock - 1}});
      },
      {"whole granules"});
}

TEST_F(NcclGradientExchangeTest, BroadcastsValuesAndSumsSmallTensorsWhereStreamsStand) {
  KernelStream compute;
  NcclGradientExchange exchange(world(), options_for(compute));
  const at::Tensor values = exchange.allocate_values(1000, at::kFloat);
  const at::Tensor statistics = at::zeros({5}, at::kDouble), count = at::zeros({1}, at::kLong);
  compute.launch_slowly([&] {
    values.fill_(world().rank() + 7);
    statistics.copy_(at::arange(5, at::kDouble) + world().rank());
    count.fill_(world().rank());
  });
  exchange.broadcast_values_(values);
  exchange.all_reduce_sum_(statistics);
  exchange.all_reduce_sum_(count);
  bool equal = false;
  compute.launch([&] {
    equal = values.eq(7).all().item<bool>() &&
            at::equal(statistics, sum_over_ranks(at::arange(5, at::kDouble))) &&
            count.item<std::int64_t>() == world().size() * (world().size() - 1) / 2;
  });
  compute.wait();
  EXPECT_TRUE(equal);
}

TEST_F(NcclGradientExchangeTest, IsEndedInOrder) {
  const KernelStream compute;
  const at::Tensor numbers = at::ones({3});
  {
    NcclGradientExchange exchange(world(), options_for(compute));
    exchange.all_reduce_sum_(numbers);
    doubles::take_log();
  }
  EXPECT_TRUE(numbers.eq(world().size()).all().item<bool>()) << "after what was under way";
  EXPECT_EQ(doubles::take_log(), (std::vector<std::string>{"ncclCommFinalize", "ncclCommDestroy"}));
}

// A rank that fails before NCCL is asked for anything: nobody waits for it there.
TEST_F(NcclGradientExchangeTest, ARankThatCannotBeginKeepsAllFromBeginning) {
  const KernelStream compute;
  fail_here({.no_streams = true}, last_rank());
  expect_error<AgreedError>(
      [&] { NcclGradientExchange exchange(world(), options_for(compute)); },
      {last_rank() > 0 ? fmt::format("rank {}: ", last_rank()) : "", "cudaStreamCreateWithPriority failed"});
  for (const std::string& call : doubles::take_log()) EXPECT_EQ(call, "ncclGetUniqueId");
}

TEST_F(NcclGradientExchangeTest, ARankThatIsRefusedReleasesTheOthers) {
  const KernelStream compute;
  fail_here({.init_refused = true}, last_rank());
  NcclOptions options = options_for(compute);
  options.timeout_seconds = 1;
  expect_error<AgreedError>([&] { NcclGradientExchange exchange(world(), options); },
                            {fmt::format("connecting {} ranks by NCCL failed on rank", world().size())});
}

TEST_F(NcclGradientExchangeTest, ConnectingIsGivenUpInTime) {
  const KernelStream compute;
  fail_here({.never_connected = true}, last_rank());
  NcclOptions options = options_for(compute);
  options.timeout_seconds = 0.5;
  const auto begin = std::chrono::steady_clock::now();
  expect_error<AgreedError>([&] { NcclGradientExchange exchange(world(), options); },
                            {"by NCCL failed on rank 0", "not begun by all ranks after 0.5 s"});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(doubles::take_log().back(), "ncclCommAbort");
}

// One rank stays away: the others give up, say what they waited for, and can end.
TEST_F(NcclGradientExchangeTest, ASumThatARankDoesNotJoinIsAborted) {
  if (world().size() == 1) return;  // nobody can be missing
  const KernelStream compute;
  NcclOptions options = options_for(compute);
  options.timeout_seconds = 0.5;
  auto exchange = std::make_unique<NcclGradientExchange>(world(), options);
  const Gradients gradients = exchange->allocate_gradients(1000, at::kFloat);
  const std::array<ElementRange, 1> buckets{{{0, 1000}}};
  if (world().rank() == last_rank()) {
    exchange->abandon_sums();
  } else {
    exchange->start_sums(gradients, buckets);
    exchange->finish_sums();
    expect_error<CommunicationError>([&] { exchange->wait(); },
                                     {"the sum of gradients of network 0, 0..999 in 1 buckets",
                                      fmt::format("rank {}", world().rank()), "not done after 0.5 s"});
  }
  for (int again = 0; again < 2; ++again) {
    expect_error<CommunicationError>([&] { exchange->start_sums(gradients, buckets); },
                                     {"no gradients any more"});
    expect_error<CommunicationError>([&] { exchange->finish_sums(); }, {"no gradients any more"});
  }
  doubles::take_log();
  exchange.reset();
  EXPECT_TRUE(doubles::take_log().empty()) << "aborted once, and never destroyed";
}

// NCCL learns of an error while nobody asks it for anything.
TEST_F(NcclGradientExchangeTest, AnErrorOnTheWayIsFoundAtTheNextLook) {
  const KernelStream compute;
  NcclGradientExchange exchange(world(), options_for(compute));
  const Gradients gradients = exchange.allocate_gradients(1000, at::kFloat);
  const std::array<ElementRange, 1> buckets{{{0, 1000}}};
  doubles::set_faults({.error_after = 2});
  for (int update = 0; update < 2; ++update) {
    exchange.start_sums(gradients, buckets);
    exchange.finish_sums();
    exchange.wait();
  }
  expect_error<CommunicationError>(
      [&] {
        exchange.start_sums(gradients, buckets);
        while (true) exchange.finish_sums();
      },
      {"the sum of gradients of network 0, 0..999", fmt::format("failed on rank {}", world().rank()),
       "an error of the double"});
  EXPECT_EQ(doubles::take_log().back(), "ncclCommAbort");
}

// Leaving by an error does not wait for what others may never do.
TEST_F(NcclGradientExchangeTest, AnErrorUnderWayAborts) {
  const KernelStream compute;
  expect_error<DataError>(
      [&] {
        NcclGradientExchange exchange(world(), options_for(compute));
        throw DataError("in the middle of a step");
      },
      {"in the middle of a step"});
  EXPECT_EQ(doubles::take_log().back(), "ncclCommAbort");
}

TEST(VisibleGpus, HaveIdsOfTheirOwn) {
  EXPECT_EQ(visible_gpus(), (std::vector<std::string>{"000000000000000000000000000000a0",
                                                      "000000000000000000000000000000a1"}));
  doubles::set_faults({.no_devices = true});
  EXPECT_TRUE(visible_gpus().empty());
  doubles::set_faults({});
}

}  // namespace
}  // namespace ganymede
