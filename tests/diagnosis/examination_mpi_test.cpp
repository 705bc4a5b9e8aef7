// Everything that doctor looks at, where the ranks of this machine pretend to be on several hosts.
#include "diagnosis/examination.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/counted.hpp"
#include "distributed/agreement.hpp"
#include "distributed/mpi/mpi_communicator.hpp"
#include "tests/support/mpi_environment.hpp"

namespace ganymede {
namespace {

std::vector<Finding> examine_on(int host_size) {
  MpiCommunicator communicator(host_size);
  return examine({.from = {}, .run = {}, .program_version = "1.2.3"}, communicator);
}

std::int64_t count_of(const std::vector<Finding>& findings, const std::string& subject) {
  return std::count_if(findings.begin(), findings.end(),
                       [&](const Finding& finding) { return finding.subject == subject; });
}

TEST(Examination, LooksAtEveryHostAndLink) {
  for (const int host_size : {1, 2}) {
    const int hosts = (world().size() + host_size - 1) / host_size;
    const std::vector<Finding> findings = examine_on(host_size);
    EXPECT_THAT(findings[0].found, testing::HasSubstr(counted(hosts, "host")));
    EXPECT_THAT(findings[1].found, testing::HasSubstr("1.2.3"));
    for (const char* subject : {"program", "cores", "GPUs", "run lock"})
      EXPECT_EQ(count_of(findings, subject), 1) << subject << ": all hosts say the same";
    EXPECT_EQ(count_of(findings, "within a host") > 0, host_size > 1 && world().size() > 1);
    EXPECT_EQ(count_of(findings, "between hosts") > 0, hosts > 1);
    EXPECT_EQ(count_of(findings, "clocks"), hosts > 1 ? 1 : 0);
  }
}

// Rank 0's words, and everybody's exit code.
TEST(Examination, SaysTheSameOnEveryRank) {
  const std::string own = to_text(examine_on(2));
  EXPECT_EQ(broadcast_text(world(), own), own);
}

}  // namespace
}  // namespace ganymede
