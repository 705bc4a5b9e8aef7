#include "distributed/agreement.hpp"

#include <cstring>

#include "base/failure.hpp"

namespace ganymede {

void agree(Communicator& communicator, const std::function<void()>& work) {
  std::string message;
  std::int64_t code = 0;
  try {
    work();
  } catch (const std::exception& error) {
    const Failure failure = describe_failure(error);
    message = failure.message;
    code = static_cast<std::int64_t>(failure.code);
  }
  const at::Tensor codes = communicator.all_gather(at::full({1}, code, at::kLong));
  for (int rank = 0; rank < communicator.size(); ++rank) {
    const auto rank_code = codes[rank].item<std::int64_t>();
    if (rank_code == 0) continue;
    throw AgreedError(broadcast_text(communicator, message, rank), static_cast<ExitCode>(rank_code));
  }
}

void agree_on_root(Communicator& communicator, const std::function<void()>& work) {
  agree(communicator, [&] {
    if (communicator.rank() == 0) work();
  });
}

std::string broadcast_text(Communicator& communicator, const std::string& text, int root) {
  const at::Tensor length = at::full({1}, static_cast<std::int64_t>(text.size()), at::kLong);
  communicator.broadcast_(length, root);
  const at::Tensor bytes = at::empty({length.item<std::int64_t>()}, at::kByte);
  if (communicator.rank() == root) std::memcpy(bytes.mutable_data_ptr(), text.data(), text.size());
  communicator.broadcast_(bytes, root);
  return {static_cast<const char*>(bytes.const_data_ptr()), static_cast<std::size_t>(bytes.numel())};
}

}  // namespace ganymede
