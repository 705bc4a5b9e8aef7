#include "optimization/factored_sums.hpp"

#include <ATen/ops/empty.h>

#include "base/logging.hpp"
#include "base/trace.hpp"

namespace ganymede {
namespace {

// Memory for what all ranks bring, kept from step to step.
void make_room(at::Tensor& gathered, const at::Tensor& own, int ranks) {
  std::vector<std::int64_t> shape = own.sizes().vec();
  shape.insert(shape.begin(), ranks);
  if (!gathered.defined() || gathered.sizes() != shape || gathered.scalar_type() != own.scalar_type())
    gathered = at::empty(shape, own.options());
}

}  // namespace

FactoredSums::FactoredSums(ParameterArena& arena, std::string network)
    : arena_(arena), network_(std::move(network)), gathered_(arena.slots().size()) {
  hold_factors_of(arena.exchange().communicator().size());
}

void FactoredSums::hold_factors_of(int ranks) {
  for (const auto& slot : arena_.slots()) slot.gradient->hold_factors_of(ranks);
}

void FactoredSums::start(std::size_t slot) {
  const auto& own = arena_.slots()[slot].gradient->held();
  if (!own) return;
  GradientExchange& exchange = arena_.exchange();
  GradientFactors& gathered = gathered_[slot];
  make_room(gathered.left, own->left, exchange.communicator().size());
  make_room(gathered.right, own->right, exchange.communicator().size());
  exchange.start_gather(own->left, gathered.left);
  exchange.start_gather(own->right, gathered.right);
}

void FactoredSums::finish() {
  const at::NoGradGuard no_grad;
  const TraceSpan span("multiply_factors", TraceCategory::compute);
  std::vector<std::size_t> slots;
  std::vector<GradientFactors> own;
  for (std::size_t i = 0; i < gathered_.size(); ++i) {
    GradientAccumulator& gradient = *arena_.slots()[i].gradient;
    if (!gradient.held()) continue;
    slots.push_back(i);
    own.push_back(*gradient.held());
    gradient.set_product({gathered_[i].left.flatten(0, 1), gathered_[i].right.flatten(0, 1)});
  }
  if (compared_ || slots.empty()) return;
  compared_ = true;
  const bool is_root = arena_.exchange().communicator().rank() == 0;
  if (are_equal_on_all_ranks(slots)) {
    if (is_root)
      spdlog::info("{}: {} of {} gradients travel as the factors that they are products of", network_,
                   slots.size(), gathered_.size());
    return;
  }
  if (is_root)
    spdlog::warn(
        "{}: hosts round products differently (other processors or numbers of threads), so all "
        "gradients travel as sums",
        network_);
  hold_factors_of(0);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& slot = arena_.slots()[slots[i]];
    slot.gradient->set_product(own[i]);
    arena_.start_sum(slot);
  }
  arena_.exchange().finish_sums();
}

bool FactoredSums::are_equal_on_all_ranks(const std::vector<std::size_t>& slots) const {
  Communicator& communicator = arena_.exchange().communicator();
  const at::Tensor others = at::zeros({1}, at::kLong);
  for (const std::size_t slot : slots) {
    const at::Tensor& mine = arena_.slots()[slot].gradient->sum();
    const at::Tensor of_root = mine.clone();
    communicator.broadcast_(of_root);
    if (!of_root.equal(mine)) others.add_(1);
  }
  communicator.all_reduce_sum_(others);
  return others.item<std::int64_t>() == 0;
}

}  // namespace ganymede
