#include "optimization/parameter_arena.hpp"

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kAlignmentBytes = 64;

}  // namespace

ParameterArena::ParameterArena(torch::nn::Module& module) {
  at::NoGradGuard no_grad;
  auto named = module.named_parameters().pairs();
  ensure(!named.empty(), "a network has parameters");
  const auto options = named.front().second.options().requires_grad(false);
  const std::int64_t alignment = kAlignmentBytes / static_cast<std::int64_t>(options.dtype().itemsize());
  std::int64_t elements = 0;
  for (auto it = named.rbegin(); it != named.rend(); ++it) {
    slots_.push_back({.name = it->first, .parameter = it->second, .offset = elements});
    elements += (it->second.numel() + alignment - 1) / alignment * alignment;
  }
  values_ = at::zeros({elements}, options);
  gradients_ = at::zeros({elements}, options);
  for (Slot& slot : slots_) {
    at::Tensor view = view_of(values_, slot);
    view.copy_(slot.parameter);
    slot.parameter.set_data(view);
    slot.parameter.mutable_grad() = view_of(gradients_, slot);
  }
}

std::vector<at::Tensor> ParameterArena::parameters() const {
  std::vector<at::Tensor> parameters;
  parameters.reserve(slots_.size());
  for (const Slot& slot : slots_) parameters.push_back(slot.parameter);
  return parameters;
}

at::Tensor ParameterArena::view_of(const at::Tensor& flat, const Slot& slot) const {
  return flat.narrow(0, slot.offset, slot.parameter.numel()).view(slot.parameter.sizes());
}

void ParameterArena::zero_gradients() {
  gradients_.zero_();
}

void ParameterArena::check_views() const {
  for (const Slot& slot : slots_) {
    const at::Tensor& gradient = slot.parameter.grad();
    if (!gradient.defined() || gradient.const_data_ptr() != view_of(gradients_, slot).const_data_ptr())
      throw Error(
          fmt::format("the gradient of {} is no longer a view into its arena: it was replaced by "
                      "zero_grad() or by backward(create_graph=true)",
                      slot.name));
  }
}

void Frozen::set_requires_grad(bool value) {
  for (const auto& slot : arena_.slots()) slot.parameter.requires_grad_(value);
}

}  // namespace ganymede
