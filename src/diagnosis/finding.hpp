// What `doctor` says of one thing.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ganymede {

enum class Verdict {
  ok,
  warning,  // a run works, but slower or less well than it could
  problem,  // a run fails, or crawls
};

struct Finding {
  Verdict verdict = Verdict::ok;
  std::string subject, found = {};
  std::string advice = {};  // what to do; empty where there is nothing, or `found` says it

  bool operator==(const Finding&) const = default;
};

// One that should be the same on all hosts: what it is where they differ.
struct Difference {
  Verdict verdict;
  std::string advice;

  bool operator==(const Difference&) const = default;
};

struct HostFinding : Finding {
  std::optional<Difference> if_hosts_differ = {};

  bool operator==(const HostFinding&) const = default;
};

struct HostReport {
  std::string host;
  std::vector<HostFinding> findings;
};

// In the order of the first report. What all hosts say alike stands there once, anything else with the names
// of its hosts. Of many hosts that are well and differ a few stand for all.
std::vector<Finding> merge_reports(const std::vector<HostReport>& reports);

std::string to_text(const HostReport& report);
HostReport host_report_of(const std::string& text);
std::string to_text(const std::vector<Finding>& findings);
std::vector<Finding> findings_of(const std::string& text);

}  // namespace ganymede
