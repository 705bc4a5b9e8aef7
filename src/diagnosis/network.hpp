// Messages within hosts and between them, and the hosts' clocks.
#pragma once

#include <string>
#include <vector>

#include "diagnosis/finding.hpp"
#include "distributed/mpi/link_probe.hpp"

namespace ganymede {

struct MeasuredLink {
  std::string from, to;  // hosts
  Link link;
};

struct MeasuredLinks {
  std::vector<MeasuredLink> within;   // the first two ranks of each host that has two
  std::vector<MeasuredLink> between;  // each host and the next
};

// The hosts are [rank]. All links at the same time, but no host's link to two others. Collective.
MeasuredLinks measure_links(const std::vector<std::string>& host_of, Communicator& communicator);

// One finding for all, and one for each that is much slower than the others.
std::vector<Finding> examine_links(const std::string& subject, const std::vector<MeasuredLink>& links);

// Of hosts where each stands in one link with the next.
std::vector<Finding> examine_clocks(const std::vector<MeasuredLink>& between);

}  // namespace ganymede
