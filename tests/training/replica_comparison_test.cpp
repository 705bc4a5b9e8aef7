#include "training/replica_comparison.hpp"

#include <gtest/gtest.h>

#include "distributed/agreement.hpp"
#include "distributed/loopback_communicator.hpp"
#include "storage/process_identity.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

// Of ranks with these checksums; every rank throws the same.
void expect_difference(const std::vector<std::uint32_t>& checksums, const std::vector<std::string>& words,
                       const std::string& word_that_is_missing = "\n") {
  run_loopback_ranks(static_cast<int>(checksums.size()), [&](Communicator& communicator) {
    const std::uint32_t own = checksums[static_cast<std::size_t>(communicator.rank())];
    std::string message;
    try {
      require_equal_replicas(own, 12, communicator);
    } catch (const AgreedError& error) {
      message = error.what();
    }
    for (const std::string& word : words) EXPECT_THAT(message, testing::HasSubstr(word));
    EXPECT_THAT(message, testing::Not(testing::HasSubstr(word_that_is_missing)));
  });
}

TEST(ReplicaComparison, EqualOnesAreFine) {
  run_loopback_ranks(3, [](Communicator& communicator) { require_equal_replicas(7, 1, communicator); });
}

TEST(ReplicaComparison, NamesThoseThatDifferFromMostWithTheirHosts) {
  const std::string host = own_identity().host;
  expect_difference({7, 7, 0xAB, 7},
                    {"step 12: ", "others' (00000007): rank 2 on " + host + " (checksum 000000ab); "},
                    "rank 1");
  expect_difference({0xAB, 7, 7}, {"rank 0 on " + host}, "rank 1");
  expect_difference({1, 7, 7, 2, 7}, {"rank 0 on ", "rank 3 on "}, "rank 4");
}

TEST(ReplicaComparison, NamesAllWhereNoneAreMost) {
  expect_difference({7, 8}, {"rank 0 on ", "(checksum 00000007)", "rank 1 on ", "(checksum 00000008)"});
  expect_difference({1, 2, 3}, {"rank 0 on ", "rank 1 on ", "rank 2 on "});
}

TEST(ReplicaComparison, OfManyNamesTheFirst) {
  expect_difference({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {"rank 7 on ", " and 2 more"}, "rank 8");
}

}  // namespace
}  // namespace ganymede
