#include "diagnosis/finding.hpp"

#include <algorithm>

#include "base/counted.hpp"
#include "storage/json_file.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kMostHostsNamed = 4, kMostVariants = 3;

// One finding, and the hosts that have it.
struct Variant {
  HostFinding finding;
  std::vector<std::string> hosts;
};

void add(std::vector<Variant>& variants, const HostFinding& finding, const std::string& host) {
  const auto same = std::find_if(variants.begin(), variants.end(),
                                 [&](const Variant& variant) { return variant.finding == finding; });
  if (same == variants.end())
    variants.push_back({finding, {host}});
  else
    same->hosts.push_back(host);
}

std::string describe_hosts(const std::vector<std::string>& hosts) {
  const std::size_t named = std::min(hosts.size(), kMostHostsNamed);
  const std::string names =
      fmt::format("{}", fmt::join(hosts.begin(), hosts.begin() + static_cast<std::ptrdiff_t>(named), ", "));
  return named == hosts.size() ? names : fmt::format("{} and {} more", names, hosts.size() - named);
}

Finding with_hosts(const Variant& variant, std::size_t all_hosts) {
  Finding finding = variant.finding;
  if (variant.hosts.size() < all_hosts)
    finding.found = fmt::format("{}: {}", describe_hosts(variant.hosts), finding.found);
  return finding;
}

// Those that should be the same and are not.
void mark_differences(std::vector<Variant>& variants) {
  const auto compared = std::count_if(variants.begin(), variants.end(), [](const Variant& variant) {
    return variant.finding.if_hosts_differ.has_value();
  });
  if (compared < 2) return;
  for (auto& [finding, hosts] : variants)
    if (const auto& difference = finding.if_hosts_differ) {
      finding.verdict = std::max(finding.verdict, difference->verdict);
      if (finding.advice.empty()) finding.advice = difference->advice;
    }
}

Json as_json(const Finding& finding) {
  return {{"verdict", static_cast<int>(finding.verdict)},
          {"subject", finding.subject},
          {"found", finding.found},
          {"advice", finding.advice}};
}

Finding finding_of(const Json& json) {
  return {.verdict = static_cast<Verdict>(json.at("verdict").get<int>()),
          .subject = json.at("subject"),
          .found = json.at("found"),
          .advice = json.at("advice")};
}

// Names of files may be of any bytes.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::vector<Finding> merge_reports(const std::vector<HostReport>& reports) {
  std::vector<std::pair<std::string, std::vector<Variant>>> subjects;
  for (const HostReport& report : reports)
    for (const HostFinding& finding : report.findings) {
      auto known = std::find_if(subjects.begin(), subjects.end(),
                                [&](const auto& subject) { return subject.first == finding.subject; });
      if (known == subjects.end()) known = subjects.insert(known, {finding.subject, {}});
      add(known->second, finding, report.host);
    }
  std::vector<Finding> merged;
  for (auto& [subject, variants] : subjects) {
    mark_differences(variants);
    std::size_t well = 0, unnamed = 0;
    for (const Variant& variant : variants)
      if (variant.finding.verdict == Verdict::ok && ++well > kMostVariants)
        unnamed += variant.hosts.size();
      else
        merged.push_back(with_hosts(variant, reports.size()));
    if (unnamed > 0)
      merged.push_back(
          {.subject = subject,
           .found = fmt::format("{} more, well, too", counted(static_cast<std::int64_t>(unnamed), "host"))});
  }
  return merged;
}

std::string to_text(const HostReport& report) {
  Json findings = Json::array();
  for (const HostFinding& finding : report.findings) {
    findings.push_back(as_json(finding));
    if (const auto& difference = finding.if_hosts_differ)
      findings.back()["if_hosts_differ"] = {static_cast<int>(difference->verdict), difference->advice};
  }
  return dump({{"host", report.host}, {"findings", findings}});
}

HostReport host_report_of(const std::string& text) {
  const Json json = Json::parse(text);
  HostReport report{.host = json.at("host"), .findings = {}};
  for (const Json& one : json.at("findings")) {
    HostFinding finding{finding_of(one)};
    if (one.contains("if_hosts_differ")) {
      const Json& difference = one.at("if_hosts_differ");
      finding.if_hosts_differ = {static_cast<Verdict>(difference[0].get<int>()), difference[1]};
    }
    report.findings.push_back(std::move(finding));
  }
  return report;
}

std::string to_text(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) list.push_back(as_json(finding));
  return dump(list);
}

std::vector<Finding> findings_of(const std::string& text) {
  std::vector<Finding> findings;
  for (const Json& one : Json::parse(text)) findings.push_back(finding_of(one));
  return findings;
}

}  // namespace ganymede
