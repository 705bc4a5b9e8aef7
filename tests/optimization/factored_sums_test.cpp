#include "optimization/factored_sums.hpp"

#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include "distributed/host_gradient_exchange.hpp"
#include "distributed/loopback_communicator.hpp"
#include "networks/linear.hpp"
#include "optimization/gradient_averager.hpp"
#include "tests/optimization/small_network.hpp"

namespace ganymede {
namespace {

constexpr int kRanks = 3, kRowsOfRank = 2, kWide = 40, kWider = 48, kNarrow = 2;

// The first layer's gradient is larger than the factors of three ranks, the second's is not.
struct TwoLayers : torch::nn::Module {
  TwoLayers() {
    for (const at::Tensor& parameter : parameters()) {
      const at::NoGradGuard no_grad;
      parameter.copy_(at::arange(parameter.numel(), at::kDouble).sin_().view(parameter.sizes()) / 10);
    }
  }
  at::Tensor forward(const at::Tensor& rows) const { return linear(second, hidden(rows)); }
  at::Tensor hidden(const at::Tensor& rows) const { return linear(first, rows, /*slope_below_zero=*/0.2); }

  torch::nn::Linear first = register_module("first", double_layer(kWide, kWider)),
                    second = register_module("second", double_layer(kWider, kNarrow));

 private:
  static torch::nn::Linear double_layer(std::int64_t in, std::int64_t out) {
    torch::nn::Linear layer(in, out);
    layer->to(at::kDouble);
    return layer;
  }
};

int held_gradients(const ParameterArena& arena) {
  int held = 0;
  for (const auto& slot : arena.slots()) held += slot.gradient->held() ? 1 : 0;
  return held;
}

// Sums of three updates, the last one of rows of another number.
struct Summing {
  std::vector<at::Tensor> sums;
  std::vector<int> held;
};

Summing sums_of(Communicator& communicator, const at::Tensor& rows, int of_rank = kRowsOfRank) {
  TwoLayers network;
  ParameterArena arena(network, communicator.gradients());
  GradientAverager averager(arena);
  Summing summing;
  for (const int count : {of_rank, of_rank, of_rank * 4}) {
    auto pending = averager.begin();
    network.forward(rows.narrow(0, communicator.rank() * count, count)).square().sum().backward();
    summing.held.push_back(held_gradients(arena));
    pending.finish();
    summing.sums.push_back(arena.gradients().clone());
    arena.publish();
  }
  return summing;
}

const at::Tensor& all_rows() {
  static const at::Tensor rows =
      (at::arange(kRanks * kRowsOfRank * 4 * kWide, at::kDouble) * 0.7).cos_().view({-1, kWide});
  return rows;
}

TEST(FactoredSums, AreThoseOfOneRank) {
  Summing alone;
  run_loopback_ranks(1, [&](Communicator& one) { alone = sums_of(one, all_rows(), kRanks * kRowsOfRank); });
  EXPECT_EQ(alone.held, (std::vector{0, 0, 0}));
  for (const bool overlap : {false, true}) {
    std::vector<Summing> of_rank(kRanks);
    run_loopback_ranks(
        kRanks,
        [&](Communicator& communicator) {
          of_rank[static_cast<std::size_t>(communicator.rank())] = sums_of(communicator, all_rows());
        },
        {.host_group_sizes = {1, 1, 1}, .overlap = overlap, .bucket_bytes = 1000, .factors = true});
    for (const Summing& found : of_rank) {
      EXPECT_EQ(found.held, (std::vector{1, 1, 0})) << "four times the rows are more than the gradient";
      for (std::size_t update = 0; update < found.sums.size(); ++update) {
        EXPECT_TRUE(at::allclose(found.sums[update], alone.sums[update], 1e-12, 1e-13))
            << "update " << update;
        EXPECT_TRUE(found.sums[update].equal(of_rank[0].sums[update])) << "the same bits on every rank";
      }
      EXPECT_TRUE(found.sums[0].equal(found.sums[1])) << "the first update of a run is like all others";
    }
  }
}

// Hosts of one rank each, of which the second multiplies with another rounding.
class UnlikeHosts final : public HostGradientExchange {
 public:
  explicit UnlikeHosts(Communicator& communicator) : HostGradientExchange(communicator) { gather_factors(); }

 private:
  void sum_across_hosts_(const at::Tensor& tensor) override { communicator().all_reduce_sum_(tensor); }
  void begin_gather(const at::Tensor& own, const at::Tensor& all) override {
    all.copy_(communicator().all_gather(own));
    if (communicator().rank() == 1) all.mul_(1 + 1e-15);
  }
};

TEST(FactoredSums, AreNotMadeWhereRanksRoundDifferently) {
  run_loopback_ranks(2,
                     [](Communicator& communicator) {
                       communicator.carry_gradients_by(std::make_unique<UnlikeHosts>(communicator));
                       const Summing found = sums_of(communicator, all_rows());
                       EXPECT_EQ(found.held, (std::vector{1, 0, 0}));
                       for (const at::Tensor& sum : found.sums) {
                         const at::Tensor of_root = sum.clone();
                         communicator.broadcast_(of_root);
                         EXPECT_TRUE(of_root.equal(sum));
                       }
                       EXPECT_TRUE(found.sums[0].equal(found.sums[1]));
                     },
                     {.host_group_sizes = {1, 1}});
}

// What else reaches the parameter in the same backward pass is added to the product.
TEST(FactoredSums, ASecondUseOfAParameterTravelsAsASum) {
  const auto use_twice = [](Communicator& communicator) {
    TwoLayers network;
    ParameterArena arena(network, communicator.gradients());
    GradientAverager averager(arena);
    auto pending = averager.begin();
    const at::Tensor rows = all_rows().narrow(0, 0, kRowsOfRank);
    (network.forward(rows).sum() + network.hidden(rows * 2).sum() + network.first->weight.square().sum())
        .backward();
    EXPECT_EQ(held_gradients(arena), 0);
    pending.finish();
    return arena.gradients().clone();
  };
  at::Tensor alone;
  run_loopback_ranks(1, [&](Communicator& one) { alone = use_twice(one); });
  run_loopback_ranks(
      2, [&](Communicator& two) { EXPECT_TRUE(at::allclose(use_twice(two), 2 * alone, 1e-12, 1e-13)); },
      {.host_group_sizes = {1, 1}, .factors = true});
}

}  // namespace
}  // namespace ganymede
