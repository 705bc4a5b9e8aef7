#include "diagnosis/network.hpp"

#include <algorithm>
#include <cmath>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/spread.hpp"
#include "distributed/gathering.hpp"

namespace ganymede {
namespace {

constexpr double kSlow = 0.5;         // of the median of all links
constexpr double kLargestSkew = 0.1;  // seconds; clocks that are set over the network differ by milliseconds
constexpr double kMicroseconds = 1e6, kGigabits = 8e-9;

// Of this rank's host, in the order of ranks.
int number_of_host(const std::vector<int>& host_ranks, int rank) {
  return static_cast<int>(std::count(host_ranks.begin(), host_ranks.begin() + rank + 1, 0)) - 1;
}

// What the pairs' first ranks have measured, each with the rank that it names as the other.
std::vector<MeasuredLink> gather_links(const std::vector<std::string>& host_of, std::optional<int> pair,
                                       int other, Communicator& communicator) {
  struct Outcome {
    bool measured;
    int other;
    Link link;
  };
  const std::optional<Link> link = probe_link(pair, communicator);
  const std::vector<Outcome> outcomes =
      gather_values(communicator, Outcome{link.has_value(), other, link.value_or(Link{})});
  std::vector<MeasuredLink> links;
  for (std::size_t rank = 0; rank < outcomes.size(); ++rank)
    if (outcomes[rank].measured)
      links.push_back({.from = host_of[rank],
                       .to = host_of[static_cast<std::size_t>(outcomes[rank].other)],
                       .link = outcomes[rank].link});
  return links;
}

// "12", or "12 to 15".
std::string describe_range(const Spread& spread) {
  const std::string low = fmt::format("{:.3g}", spread.min), high = fmt::format("{:.3g}", spread.max);
  return low == high ? low : low + " to " + high;
}

}  // namespace

MeasuredLinks measure_links(const std::vector<std::string>& host_of, Communicator& communicator) {
  const std::vector<int> host_ranks = gather_values(communicator, communicator.host_rank());
  const int rank = communicator.rank(), host = number_of_host(host_ranks, rank);
  const bool pairs_within = communicator.host_size() > 1 && communicator.host_rank() < 2;
  MeasuredLinks links;
  links.within =
      gather_links(host_of, pairs_within ? std::optional(host) : std::nullopt, rank + 1, communicator);
  const int hosts = static_cast<int>(std::count(host_ranks.begin(), host_ranks.end(), 0));
  for (const int offset : {0, 1}) {  // host 0 and 1, 2 and 3, ...; then 1 and 2, 3 and 4, ...
    const int pair = (host + offset) / 2, first = 2 * pair - offset;
    const bool pairs = communicator.host_rank() == 0 && first >= 0 && first + 1 < hosts;
    for (MeasuredLink& link : gather_links(host_of, pairs ? std::optional(pair) : std::nullopt,
                                           rank + communicator.host_size(), communicator))
      links.between.push_back(std::move(link));
  }
  return links;
}

std::vector<Finding> examine_links(const std::string& subject, const std::vector<MeasuredLink>& links) {
  if (links.empty()) return {};
  std::vector<double> latencies, bandwidths;
  for (const MeasuredLink& one : links) {
    latencies.push_back(one.link.latency_seconds * kMicroseconds);
    bandwidths.push_back(one.link.bytes_per_second * kGigabits);
  }
  const Spread speed = spread_of(bandwidths);
  std::vector<Finding> findings{
      {.subject = subject,
       .found = fmt::format("latency {} microseconds, {} Gbit/s", describe_range(spread_of(latencies)),
                            describe_range(speed))}};
  for (std::size_t i = 0; i < links.size(); ++i)
    if (bandwidths[i] < kSlow * speed.median)
      findings.push_back(
          {.verdict = Verdict::warning,
           .subject = subject,
           .found = fmt::format("{} to {}: {:.3g} Gbit/s, where the median is {:.3g}", links[i].from,
                                links[i].to, bandwidths[i], speed.median),
           .advice = "all ranks wait for it: look at its cable, its speed (ethtool) and what else uses it"});
  return findings;
}

std::vector<Finding> examine_clocks(const std::vector<MeasuredLink>& between) {
  std::vector<Finding> findings;
  double most = 0;
  for (const MeasuredLink& one : between) {
    const double skew = one.link.clock_ahead;
    most = std::max(most, std::abs(skew));
    if (std::abs(skew) > kLargestSkew)
      findings.push_back({.verdict = Verdict::warning,
                          .subject = "clocks",
                          .found = fmt::format("that of {} is {:.3g} s {} that of {}", one.to, std::abs(skew),
                                               skew > 0 ? "ahead of" : "behind", one.from),
                          .advice = "logs and file times mislead: set both over the network (chrony, NTP)"});
  }
  if (findings.empty() && !between.empty())
    findings.push_back(
        {.subject = "clocks", .found = fmt::format("of neighbours differ by at most {:.1f} ms", most * 1e3)});
  return findings;
}

}  // namespace ganymede
