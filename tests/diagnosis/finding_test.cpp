#include "diagnosis/finding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"

namespace ganymede {
namespace {

HostReport report_of(const std::string& host, const std::vector<HostFinding>& findings) {
  return host_report_of(to_text({host, findings}));  // as it travels
}

HostFinding well(const std::string& subject, const std::string& found) {
  return {{.subject = subject, .found = found}};
}

TEST(MergedReports, SayOnceWhatAllHostsSay) {
  const auto merged = merge_reports({report_of("a", {well("cores", "2"), well("GPUs", "none")}),
                                     report_of("b", {well("cores", "2"), well("GPUs", "none")})});
  EXPECT_THAT(merged, testing::ElementsAre(Finding{.subject = "cores", .found = "2"},
                                           Finding{.subject = "GPUs", .found = "none"}));
}

TEST(MergedReports, NameTheHostsOfWhatOnlySomeSay) {
  const HostFinding missing{
      {.verdict = Verdict::problem, .subject = "data", .found = "no such file", .advice = "copy it"}};
  const auto merged = merge_reports(
      {report_of("a", {well("data", "4 shards")}), report_of("b", {missing}), report_of("c", {missing})});
  EXPECT_THAT(merged, testing::ElementsAre(Finding{.subject = "data", .found = "a: 4 shards"},
                                           Finding{.verdict = Verdict::problem,
                                                   .subject = "data",
                                                   .found = "b, c: no such file",
                                                   .advice = "copy it"}));
}

TEST(MergedReports, ADifferenceMayBeAProblem) {
  const auto with = [](const std::string& host, const std::string& found, Verdict verdict = Verdict::ok) {
    const Finding finding{.verdict = verdict, .subject = "instruction set", .found = found};
    return report_of(host, {{finding, Difference{Verdict::problem, "take one kind"}}});
  };
  const auto expect_problem = [](const Finding& finding, const std::string& found) {
    EXPECT_EQ(finding, (Finding{.verdict = Verdict::problem,
                                .subject = "instruction set",
                                .found = found,
                                .advice = "take one kind"}));
  };
  EXPECT_EQ(merge_reports({with("a", "AVX2"), with("b", "AVX2")})[0].verdict, Verdict::ok);
  const auto merged = merge_reports({with("a", "AVX2"), with("b", "DEFAULT", Verdict::warning)});
  ASSERT_EQ(merged.size(), 2U);
  expect_problem(merged[0], "a: AVX2");
  expect_problem(merged[1], "b: DEFAULT");
}

TEST(MergedReports, OfManyHostsThatAreWellAFewStandForAll) {
  std::vector<HostReport> reports;
  for (int host = 0; host < 100; ++host)
    reports.push_back(
        report_of(fmt::format("node{}", host), {well("run folder", fmt::format("{} GB free", host / 10))}));
  const auto merged = merge_reports(reports);
  ASSERT_EQ(merged.size(), 4U);
  EXPECT_EQ(merged[0].found, "node0, node1, node2, node3 and 6 more: 0 GB free");
  EXPECT_EQ(merged[3].found, "70 hosts more, well, too");
}

TEST(MergedReports, TakeNamesOfAnyBytes) {
  EXPECT_THAT(report_of("a", {well("data", "caf\xe9")}).findings[0].found, testing::StartsWith("caf"));
}

}  // namespace
}  // namespace ganymede
