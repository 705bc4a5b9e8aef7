#include "kernels/form.hpp"

#include <cstdlib>
#include <string_view>

#include "base/error.hpp"

namespace ganymede {
namespace {

bool read_whether_plain() {
  const char* value = std::getenv("GANYMEDE_KERNELS");
  const std::string_view kernels = value != nullptr ? value : "fast";
  require(kernels == "fast" || kernels == "plain",
          "the environment variable GANYMEDE_KERNELS is \"{}\"; expected fast or plain; unset it for fast",
          kernels);
  return kernels == "plain";
}

bool plain_is_chosen() {
  static const bool plain = read_whether_plain();
  return plain;
}

}  // namespace

Form form_on(const at::Device& device) {
  if (plain_is_chosen()) return Form::plain;
  return device.is_cpu() ? Form::cpu : device.is_cuda() ? Form::cuda : Form::plain;
}

const char* chosen_kernels() {
  return plain_is_chosen() ? "plain" : "fast";
}

void check_same_device(const char* operation, const at::Tensor& tensor, const at::Tensor& other) {
  if (!other.defined() || other.device() == tensor.device()) return;
  throw Error(fmt::format("{} got tensors on {} and {}; expected all on one device: move them to one",
                          operation, tensor.device().str(), other.device().str()));
}

Form form_of(const char* operation, const at::Tensor& tensor, std::span<const at::Tensor> others) {
  for (const at::Tensor& other : others) check_same_device(operation, tensor, other);
  return form_on(tensor.device());
}

}  // namespace ganymede
