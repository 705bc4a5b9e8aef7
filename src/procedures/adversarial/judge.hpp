// The discriminator as the adversarial procedure asks it: samples and their conditions in, a logit a pack
// out.
#pragma once

#include "objectives/penalty.hpp"
#include "procedures/adversarial/conditioner.hpp"
#include "procedures/adversarial/round.hpp"

namespace ganymede {

class Judge {
 public:
  // The network outlives the judge. It takes packs: packing x channels, and packing x condition size.
  Judge(Network& network, std::int64_t packing);

  // Logits [rows / packing, 1] of samples [rows, channels, ...] with conditions [rows, size] (undefined
  // without conditioning). Where `hidden` is given it gets the outputs of the hidden layers.
  at::Tensor logits(const at::Tensor& samples, const at::Tensor& condition, const Round& round, Pass pass,
                    std::vector<at::Tensor>* hidden = nullptr);

  struct Logits {
    at::Tensor real, fake;
    at::Tensor mismatched = {};  // of the real samples with conditions of others, where there are some
  };
  // Of the round's real samples and of fakes, in one pass unless the network would mix their statistics or
  // hidden layers are asked for.
  Logits all_logits(const Round& round, const at::Tensor& fake, const Conditions& conditions,
                    std::vector<at::Tensor>* real_hidden = nullptr,
                    std::vector<at::Tensor>* fake_hidden = nullptr);

  // Whether a logit depends on its own pack alone.
  bool separates_rows() const { return !mixes_rows_; }
  // Whether all samples of a pack are, [packs, 1], of bool [rows].
  at::Tensor all_of_pack(const at::Tensor& of_samples) const;
  // A number a pack [packs, 1] as a factor of its samples [rows, 1, 1, 1].
  at::Tensor spread_over_samples(const at::Tensor& of_packs) const;

  // weight x penalty summed over packs, at or between the round's real samples and fakes without gradient,
  // with the conditions of the real ones.
  at::Tensor penalty(const Penalty& penalty, const Round& round, const at::Tensor& fake,
                     const at::Tensor& real_condition);

 private:
  at::Tensor forward(const at::Tensor& samples, const at::Tensor& condition, ForwardContext context);
  at::Tensor pack(const at::Tensor& rows) const;  // undefined stays undefined

  Network& network_;
  const std::int64_t packing_;
  const bool mixes_rows_;
};

}  // namespace ganymede
