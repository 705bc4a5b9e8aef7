// What each rank has, on every rank.
#pragma once

#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "distributed/communicator.hpp"

namespace ganymede {

// A value of each rank: [rank]. Collective.
template <typename Value>
std::vector<Value> gather_values(Communicator& communicator, const Value& mine) {
  static_assert(std::is_trivially_copyable_v<Value>);
  const at::Tensor bytes = at::empty({sizeof mine}, at::kByte);
  std::memcpy(bytes.mutable_data_ptr(), &mine, sizeof mine);
  const at::Tensor gathered = communicator.all_gather(bytes);
  std::vector<Value> all(static_cast<std::size_t>(communicator.size()));
  std::memcpy(all.data(), gathered.const_data_ptr(), all.size() * sizeof mine);
  return all;
}

// The same of values of this host's ranks only: [rank of the host]. Collective over all hosts.
template <typename Value>
std::vector<Value> gather_on_host(Communicator& communicator, const Value& mine) {
  const std::vector<Value> all = gather_values(communicator, mine);
  const auto first = all.begin() + communicator.rank() - communicator.host_rank();
  return {first, first + communicator.host_size()};
}

// Texts of any length: [rank]. Collective.
std::vector<std::string> gather_texts(Communicator& communicator, const std::string& mine);

// The first rank whose text is not that of rank 0; none where all are alike. On every rank. Collective.
struct OtherText {
  std::string of_first, other;
  std::ptrdiff_t rank;  // of the other
};
std::optional<OtherText> find_other_text(Communicator& communicator, const std::string& mine);

}  // namespace ganymede
