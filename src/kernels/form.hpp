// Each operation of this folder has forms behind one function: loops of our own for the CPU (cpu/), plain
// ATen calls (plain/), which compute on any device, and in builds for CUDA kernels of our own (cuda/), where
// ATen's calls would cost time. This chooses among them.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

namespace ganymede {

enum class Form { cpu, plain, cuda };

// The one in which tensors on this device are computed with. The environment variable GANYMEDE_KERNELS
// chooses: `fast`, as without it, or `plain`, a configuration of tests.
Form form_on(const at::Device& device);

// What the variable chooses, "fast" or "plain". Throws a UserError if it says anything else, as the above
// would: to be called at the start.
const char* chosen_kernels();

// Throws an Error that names the operation, unless both are on one device.
void check_same_device(const char* operation, const at::Tensor& tensor, const at::Tensor& other);

// The form in which an operation takes these tensors, all on one device; those that are undefined count for
// none.
template <typename... Tensors>
Form form_of([[maybe_unused]] const char* operation, const at::Tensor& tensor, const Tensors&... others) {
  (check_same_device(operation, tensor, others), ...);
  return form_on(tensor.device());
}
Form form_of(const char* operation, const at::Tensor& tensor, std::span<const at::Tensor> others);

}  // namespace ganymede

// Declares an operation and, in namespaces of their own, its forms.
#define GANYMEDE_OPERATION(...) \
  __VA_ARGS__;                  \
  namespace cpu {               \
  __VA_ARGS__;                  \
  }                             \
  namespace plain {             \
  __VA_ARGS__;                  \
  }

// Calls one of them.
#define GANYMEDE_IN_FORM(form, function, ...) \
  ((form) == Form::cpu ? cpu::function(__VA_ARGS__) : plain::function(__VA_ARGS__))

// The same for an operation with a form of its own for CUDA.
#define GANYMEDE_CUDA_OPERATION(...) \
  GANYMEDE_OPERATION(__VA_ARGS__)    \
  namespace cuda {                   \
  __VA_ARGS__;                       \
  }
#ifdef GANYMEDE_CUDA
#define GANYMEDE_IN_FORM_OR_CUDA(form, function, ...) \
  ((form) == Form::cuda ? cuda::function(__VA_ARGS__) : GANYMEDE_IN_FORM(form, function, __VA_ARGS__))
#else
#define GANYMEDE_IN_FORM_OR_CUDA GANYMEDE_IN_FORM
#endif
