#include "distributed/agreement.hpp"

#include <algorithm>

#include "base/failure.hpp"

namespace ganymede {

namespace {

// Of success where the work did not throw.
template <typename Work>
Failure outcome_of(const Work& work) {
  try {
    work();
    return {.message = {}, .code = ExitCode::success};
  } catch (const std::exception& error) {
    return describe_failure(error);
  }
}

void throw_if_any_failed(const Failure& own, Communicator& communicator) {
  const at::Tensor codes =
      communicator.all_gather(at::full({1}, static_cast<std::int64_t>(own.code), at::kLong)).flatten();
  const at::Tensor failed = codes.nonzero().flatten();
  if (failed.numel() == 0) return;
  const int rank = failed[0].item<int>();
  std::string message = broadcast_text(communicator, own.message, rank);
  if (rank > 0) message = fmt::format("rank {}: {}", rank, message);
  throw AgreedError(message, static_cast<ExitCode>(codes[rank].item<int>()));
}

template <typename Allocate>
auto allocate(Communicator& communicator, Allocate allocate_in) {
  decltype(allocate_in(communicator.host_group())) memory;
  Failure own = outcome_of([&] {
    const auto wait = communicator.wait_in({.name = "the sharing of memory"});
    memory = allocate_in(communicator.host_group());
  });
  if (own.code != ExitCode::success)
    own = {fmt::format("{}; run fewer ranks on a host, or a smaller network", own.message),
           ExitCode::communication_error};
  throw_if_any_failed(own, communicator);
  return memory;
}

}  // namespace

void agree(Communicator& communicator, const std::function<void()>& work) {
  const Failure own = [&] {
    const Communicator::LocalWork guard(communicator);
    return outcome_of(work);
  }();
  throw_if_any_failed(own, communicator);
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
  if (communicator.rank() == root)
    std::copy(text.begin(), text.end(), bytes.mutable_data_ptr<std::uint8_t>());
  communicator.broadcast_(bytes, root);
  return {static_cast<const char*>(bytes.const_data_ptr()), static_cast<std::size_t>(bytes.numel())};
}

std::vector<at::Tensor> allocate_each(Communicator& communicator, std::int64_t elements,
                                      at::ScalarType dtype) {
  return allocate(communicator, [&](HostGroup& group) { return group.allocate_each(elements, dtype); });
}

at::Tensor allocate_one(Communicator& communicator, std::int64_t elements, at::ScalarType dtype) {
  return allocate(communicator, [&](HostGroup& group) { return group.allocate_one(elements, dtype); });
}

}  // namespace ganymede
