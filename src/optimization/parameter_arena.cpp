#include "optimization/parameter_arena.hpp"

#include <array>

#include "base/error.hpp"
#include "kernels/sums_of_squares.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kAlignmentBytes = 64;

// One for everything where their size is 0.
std::vector<ElementRange> cut_into_buckets(std::int64_t elements, std::int64_t bucket_elements,
                                           std::int64_t granule) {
  const std::int64_t size =
      bucket_elements == 0 ? elements : std::max<std::int64_t>(1, bucket_elements / granule) * granule;
  std::vector<ElementRange> buckets;
  for (std::int64_t begin = 0; begin < elements; begin += size)
    buckets.push_back({begin, std::min(begin + size, elements)});
  return buckets;
}

}  // namespace

ParameterArena::ParameterArena(torch::nn::Module& module, GradientExchange& exchange) : exchange_(exchange) {
  at::NoGradGuard no_grad;
  auto named = module.named_parameters().pairs();
  ensure(!named.empty(), "a network has parameters");
  const at::ScalarType dtype = named.front().second.scalar_type();
  const auto item_bytes = static_cast<std::int64_t>(c10::elementSize(dtype));
  const std::int64_t alignment = kAlignmentBytes / item_bytes;
  std::int64_t elements = 0;
  for (auto it = named.rbegin(); it != named.rend(); ++it) {
    ensure(it->second.scalar_type() == dtype, "a network's parameters are of one dtype");
    slots_.push_back({.name = it->first, .parameter = it->second, .offset = elements, .gradient = nullptr});
    elements += (it->second.numel() + alignment - 1) / alignment * alignment;
  }
  values_ = exchange.allocate_values(elements, dtype);
  gradients_ = exchange.allocate_gradients(elements, dtype);
  for (Slot& slot : slots_) {
    const at::Tensor view = view_of(values_, slot);
    if (exchange.writes_values()) view.copy_(slot.parameter);
    slot.parameter.set_data(view);
    slot.gradient = GradientAccumulator::attach(slot.parameter, view_of(gradients(), slot));
  }
  buckets_ = cut_into_buckets(elements, exchange.bucket_bytes() / item_bytes, exchange.bucket_granule());
  for (const ElementRange& bucket : buckets_)
    if (const ElementRange mine = exchange.owned_part(bucket); mine.size() > 0) owned_ranges_.push_back(mine);
  publish();
}

std::vector<at::Tensor> ParameterArena::parameters() const {
  std::vector<at::Tensor> parameters;
  parameters.reserve(slots_.size());
  for (const Slot& slot : slots_) parameters.push_back(slot.parameter);
  return parameters;
}

at::Tensor ParameterArena::allocate_like_values() {
  return exchange_.allocate_values(values_.numel(), values_.scalar_type());
}

at::Tensor ParameterArena::view_of(const at::Tensor& flat, const Slot& slot) const {
  return flat.narrow(0, slot.offset, slot.parameter.numel()).view(slot.parameter.sizes());
}

std::vector<at::Tensor> ParameterArena::owned_parts(const at::Tensor& flat) const {
  std::vector<at::Tensor> parts;
  for (const ElementRange& range : owned_ranges_) parts.push_back(flat.narrow(0, range.begin, range.size()));
  return parts;
}

void ParameterArena::clear_gradients() {
  for (const Slot& slot : slots_) slot.gradient->clear();
}

void ParameterArena::complete_gradients() {
  for (const Slot& slot : slots_) slot.gradient->complete();
}

void ParameterArena::start_sums(std::size_t first, std::size_t last) const {
  std::vector<ElementRange> ranges;
  for (const ElementRange& bucket : std::span(buckets_).subspan(first, last - first)) {
    std::int64_t begin = bucket.begin;
    const auto add_until = [&](std::int64_t end) {
      if (begin < end) ranges.push_back({begin, end});
    };
    for (const Slot& slot : slots_) {
      if (!slot.gradient->held()) continue;
      add_until(std::min(slot.offset, bucket.end));
      begin = std::max(begin, slot.end());
    }
    add_until(bucket.end);
  }
  exchange_.start_sums(gradients_, ranges);
}

void ParameterArena::start_sum(const Slot& slot) const {
  exchange_.start_sums(gradients_, std::array{ElementRange{slot.offset, slot.end()}});
}

// Of each block its owner takes the norm; the blocks are then added up in one order everywhere.
at::Tensor ParameterArena::gradient_norm() {
  constexpr std::int64_t kBlock = GradientExchange::kOwnedBlock;
  const auto blocks = [](std::int64_t elements) { return (elements + kBlock - 1) / kBlock; };
  if (!block_norms_.defined()) {
    block_norms_ = exchange_.allocate_values(blocks(values_.numel()), at::kDouble);
    for (const ElementRange& bucket : buckets_)
      block_ranges_.push_back({blocks(bucket.begin), blocks(bucket.end)});
  }
  for (const ElementRange& range : owned_ranges_)
    sums_of_squares(gradients().narrow(0, range.begin, range.size()), kBlock,
                    block_norms_.narrow(0, range.begin / kBlock, blocks(range.size())));
  exchange_.publish(block_norms_, block_ranges_, /*block=*/1);
  return sum_in_order(block_norms_).sqrt_();
}

void ParameterArena::publish() {
  exchange_.publish(values_, buckets_);
}

void Frozen::set_requires_grad(bool value) {
  for (const auto& slot : arena_.slots()) slot.parameter.requires_grad_(value);
}

}  // namespace ganymede
