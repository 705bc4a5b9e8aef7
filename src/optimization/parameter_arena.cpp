#include "optimization/parameter_arena.hpp"

#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "distributed/agreement.hpp"
#include "optimization/fused_updates.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kAlignmentBytes = 64;

// Buckets of whole blocks; one for everything where their size is 0.
std::vector<ElementRange> cut_into_buckets(std::int64_t elements, std::int64_t bucket_elements) {
  constexpr std::int64_t kBlock = Communicator::kOwnedBlock;
  const std::int64_t size =
      bucket_elements == 0 ? elements : std::max<std::int64_t>(1, bucket_elements / kBlock) * kBlock;
  std::vector<ElementRange> buckets;
  for (std::int64_t begin = 0; begin < elements; begin += size)
    buckets.push_back({begin, std::min(begin + size, elements)});
  return buckets;
}

}  // namespace

ParameterArena::ParameterArena(torch::nn::Module& module, Communicator& communicator)
    : communicator_(communicator) {
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
  HostGroup& group = communicator.host_group();
  values_ = allocate_one(communicator, elements, dtype);
  gradients_of_rank_ = allocate_each(communicator, elements, dtype);
  gradients_ = gradients_of_rank_[static_cast<std::size_t>(group.rank())];
  for (Slot& slot : slots_) {
    const at::Tensor view = view_of(values_, slot);
    if (group.rank() == 0) view.copy_(slot.parameter);
    slot.parameter.set_data(view);
    slot.gradient = GradientAccumulator::attach(slot.parameter, view_of(gradients_, slot));
  }
  group.barrier();
  buckets_ = cut_into_buckets(elements, communicator.bucket_bytes() / item_bytes);
  for (const ElementRange& bucket : buckets_)
    if (const ElementRange mine = communicator.owned_part(bucket); mine.size() > 0)
      owned_ranges_.push_back(mine);
}

std::vector<at::Tensor> ParameterArena::parameters() const {
  std::vector<at::Tensor> parameters;
  parameters.reserve(slots_.size());
  for (const Slot& slot : slots_) parameters.push_back(slot.parameter);
  return parameters;
}

at::Tensor ParameterArena::allocate_like_values() {
  return allocate_one(communicator_, values_.numel(), values_.scalar_type());
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
  for (const Slot& slot : slots_) slot.gradient->sum();
}

void ParameterArena::sum_gradients(ElementRange bucket, Communicator& communicator) const {
  communicator.sum_to_owners_(gradients_of_rank_, bucket);
}

// Of each block its owner takes the norm; the blocks are then added up in one order everywhere.
double ParameterArena::gradient_norm() {
  constexpr std::int64_t kBlock = Communicator::kOwnedBlock;
  if (!block_norms_.defined())
    block_norms_ = allocate_one(communicator_, (values_.numel() + kBlock - 1) / kBlock, at::kDouble);
  auto* norms = block_norms_.mutable_data_ptr<double>();
  for (const ElementRange& range : owned_ranges_)
    for (std::int64_t begin = range.begin; begin < range.end; begin += kBlock)
      norms[begin / kBlock] =
          sum_of_squares(gradients_.narrow(0, begin, std::min(kBlock, range.end - begin)));
  communicator_.host_barrier();
  return std::sqrt(std::accumulate(norms, norms + block_norms_.numel(), 0.0));
}

void ParameterArena::publish() {
  communicator_.host_barrier();
}

void Frozen::set_requires_grad(bool value) {
  for (const auto& slot : arena_.slots()) slot.parameter.requires_grad_(value);
}

}  // namespace ganymede
