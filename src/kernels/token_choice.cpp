#include "kernels/token_choice.hpp"

namespace ganymede {

at::Tensor pick_tokens(const at::Tensor& logits, const at::Tensor& uniform) {
  return GANYMEDE_IN_FORM(form_of("pick_tokens", logits, uniform), pick_tokens, logits, uniform);
}

}  // namespace ganymede
