#include "training/replica_comparison.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "distributed/agreement.hpp"
#include "distributed/gathering.hpp"
#include "storage/process_identity.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kMostNamed = 8;

// What more than half of the ranks hold.
std::optional<std::uint32_t> majority_of(const std::vector<std::uint32_t>& checksums) {
  std::map<std::uint32_t, std::size_t> ranks;
  for (const std::uint32_t checksum : checksums)
    if (2 * ++ranks[checksum] > checksums.size()) return checksum;
  return std::nullopt;
}

}  // namespace

void require_equal_replicas(std::uint32_t checksum, std::int64_t step, Communicator& communicator) {
  const std::vector<std::uint32_t> checksums = gather_values(communicator, checksum);
  if (std::count(checksums.begin(), checksums.end(), checksum) == communicator.size()) return;
  const std::vector<std::string> hosts = gather_texts(communicator, own_identity().host);
  const std::optional<std::uint32_t> majority = majority_of(checksums);
  std::vector<std::string> odd;
  for (std::size_t rank = 0; rank < checksums.size(); ++rank)
    if (checksums[rank] != majority)
      odd.push_back(fmt::format("rank {} on {} (checksum {:08x})", rank, hosts[rank], checksums[rank]));
  const std::size_t more = odd.size() - std::min(odd.size(), kMostNamed);
  odd.resize(odd.size() - more);
  throw AgreedError(fmt::format(
      "step {}: replicas must be equal, but {}: {}{}; resume from the last checkpoint, and suspect {}", step,
      majority ? fmt::format("these differ from the others' ({:08x})", *majority) : "they differ",
      fmt::join(odd, ", "), more > 0 ? fmt::format(" and {} more", more) : "",
      majority ? "their hosts" : "one of the hosts"));
}

}  // namespace ganymede
