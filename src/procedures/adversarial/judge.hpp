// The discriminator as the adversarial procedure asks it: samples and their labels in, a logit a pack out.
#pragma once

#include "objectives/penalty.hpp"
#include "procedures/adversarial/one_hot.hpp"
#include "procedures/adversarial/round.hpp"

namespace ganymede {

class Judge {
 public:
  // The network and the labels' encoding outlive the judge. The network takes packs: packing x channels, and
  // packing x classes as condition.
  Judge(Network& network, std::int64_t packing, const OneHot& one_hot);

  // Logits [rows / packing, 1] of samples [rows, channels, ...] with labels int64 [rows] (undefined without
  // conditioning). Where `hidden` is given it gets the outputs of the hidden layers.
  at::Tensor logits(const at::Tensor& samples, const at::Tensor& labels, const Round& round, Pass pass,
                    std::vector<at::Tensor>* hidden = nullptr);

  struct RealAndFake {
    at::Tensor real, fake;
  };
  // Of the round's real samples and of fakes, in one pass unless the network would mix their statistics or
  // hidden layers are asked for.
  RealAndFake both_logits(const Round& round, const at::Tensor& fake,
                          std::vector<at::Tensor>* real_hidden = nullptr,
                          std::vector<at::Tensor>* fake_hidden = nullptr);

  // Whether a logit depends on its own pack alone.
  bool separates_rows() const { return !mixes_rows_; }
  // A number a pack [packs, 1] as a factor of its samples [rows, 1, 1, 1].
  at::Tensor spread_over_samples(const at::Tensor& of_packs) const;

  // weight x penalty summed over packs, at or between the round's real samples and fakes without gradient.
  at::Tensor penalty(const Penalty& penalty, const Round& round, const at::Tensor& fake);

 private:
  at::Tensor forward(const at::Tensor& samples, const at::Tensor& labels, ForwardContext context);
  at::Tensor pack(const at::Tensor& rows) const;
  at::Tensor condition(const at::Tensor& labels) const;

  Network& network_;
  const std::int64_t packing_;
  const OneHot& one_hot_;
  const bool mixes_rows_;
};

}  // namespace ganymede
