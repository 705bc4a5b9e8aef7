#include "objectives/adversarial_loss.hpp"

#include "base/error.hpp"

namespace ganymede {
namespace {

void require_logits(const at::Tensor& logits) {
  // [rows] against [rows, 1] would broadcast to [rows, rows] and still give a number.
  ensure(logits.dim() == 2 && logits.size(1) == 1, "logits are [rows, 1]");
}

}  // namespace

at::Tensor discriminator_loss_sum(AdversarialLoss loss, const at::Tensor& real_logits,
                                  const at::Tensor& fake_logits) {
  require_logits(real_logits);
  require_logits(fake_logits);
  switch (loss) {
    case AdversarialLoss::bce:
      return -at::log_sigmoid(real_logits).sum() - at::log_sigmoid(-fake_logits).sum();
  }
  throw Error("unknown adversarial loss");
}

at::Tensor generator_loss_sum(AdversarialLoss loss, const at::Tensor& fake_logits) {
  require_logits(fake_logits);
  switch (loss) {
    case AdversarialLoss::bce:
      return -at::log_sigmoid(fake_logits).sum();
  }
  throw Error("unknown adversarial loss");
}

}  // namespace ganymede
