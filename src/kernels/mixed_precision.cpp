#include "kernels/mixed_precision.hpp"

#include <ATen/ops/mm.h>

#include "kernels/conversion.hpp"

namespace ganymede {
namespace {

thread_local bool mixed = false;

}  // namespace

MixedPrecision::MixedPrecision(bool on) : before_(mixed) {
  mixed = on;
}

MixedPrecision::~MixedPrecision() {
  mixed = before_;
}

bool MixedPrecision::is_on() {
  return mixed;
}

at::Tensor operand(const at::Tensor& factor) {
  return mixed && factor.scalar_type() == at::kFloat ? converted(factor, at::kBFloat16) : factor;
}

at::Tensor product(const at::Tensor& left, const at::Tensor& right) {
  return converted(operand(left).mm(operand(right)), left.scalar_type());
}

}  // namespace ganymede
