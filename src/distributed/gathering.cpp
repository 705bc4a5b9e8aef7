#include "distributed/gathering.hpp"

#include <algorithm>

namespace ganymede {

std::vector<std::string> gather_texts(Communicator& communicator, const std::string& mine) {
  const std::vector<std::size_t> sizes = gather_values(communicator, mine.size());
  const auto longest = static_cast<std::int64_t>(*std::max_element(sizes.begin(), sizes.end()));
  const at::Tensor padded = at::zeros({longest}, at::kByte);
  std::copy(mine.begin(), mine.end(), padded.mutable_data_ptr<std::uint8_t>());
  const at::Tensor gathered = communicator.all_gather(padded);
  std::vector<std::string> texts;
  for (std::size_t rank = 0; rank < sizes.size(); ++rank)
    texts.emplace_back(
        static_cast<const char*>(gathered.const_data_ptr()) + rank * static_cast<std::size_t>(longest),
        sizes[rank]);
  return texts;
}

std::optional<OtherText> find_other_text(Communicator& communicator, const std::string& mine) {
  const std::vector<std::string> texts = gather_texts(communicator, mine);
  const auto other = std::find_if(texts.begin(), texts.end(),
                                  [&](const std::string& text) { return text != texts.front(); });
  if (other == texts.end()) return std::nullopt;
  return OtherText{.of_first = texts.front(), .other = *other, .rank = other - texts.begin()};
}

}  // namespace ganymede
