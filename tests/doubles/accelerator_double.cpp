#include "tests/doubles/accelerator_double.hpp"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <torch/library.h>

#include <atomic>

#include "base/error.hpp"
#include "tests/doubles/accelerator_memory.hpp"
#include "tests/doubles/accelerator_operations.hpp"
#include "tests/doubles/accelerator_recording.hpp"
#include "tests/doubles/accelerator_streams.hpp"

namespace ganymede {
namespace {

std::atomic<std::int64_t> reads = 0;

// A copy that the device does at its own time. The host's memory must be pinned for that.
bool is_put_off(const at::Tensor& from, const at::Tensor& to, bool non_blocking) {
  const bool within = is_on_device(from) && accelerator_recording() == nullptr;
  return non_blocking && may_be_late() && is_on_device(to) && (within || from.is_pinned());
}

at::Tensor empty(at::IntArrayRef sizes, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(sizes, &device_memory(), c10::DispatchKeySet(c10::DispatchKey::HPU),
                                   c10::dtype_or_default(dtype), format);
}

at::Tensor empty_strided(at::IntArrayRef sizes, at::IntArrayRef strides, std::optional<at::ScalarType> dtype,
                         std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return allocate(sizes, strides, c10::dtype_or_default(dtype));
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool non_blocking) {
  const at::AutoDispatchBelowAutograd below_autograd;
  if (is_put_off(from, to, non_blocking)) {
    const bool within = is_on_device(from);
    // Neither is held by a copy that is under way.
    const at::Tensor there = within ? alias_of(from)
                                    : at::from_blob(from.mutable_data_ptr(), from.sizes(), from.strides(),
                                                    at::TensorOptions(from.scalar_type()));
    copy_late(within ? Copies::within_the_device : Copies::from_host,
              [here = alias_of(to), there] { here.copy_(there); });
    return to;
  }
  follow_streams();
  if (!is_on_device(to) || !is_on_device(from)) refuse_while_recording("a copy between host and device");
  if (!is_on_device(to)) ++reads;
  const at::Tensor here = is_on_device(to) ? alias_of(to) : to,
                   there = is_on_device(from) ? alias_of(from) : from;
  if (AcceleratorRecording* recording = accelerator_recording()) {
    recording->keep(from);
    recording->keep(to);
    recording->will_write(here);
    note_operation(*recording, [here, there] { here.copy_(there); });
  }
  here.copy_(there);
  return to;
}

at::Scalar read_number(const at::Tensor& tensor) {
  follow_streams();
  refuse_while_recording("a read of a number");
  ++reads;
  return alias_of(tensor).item();
}

at::Tensor as_strided(const at::Tensor& tensor, at::IntArrayRef sizes, at::IntArrayRef strides,
                      std::optional<std::int64_t> offset) {
  return at::native::as_strided_tensorimpl(tensor, sizes, strides, offset);
}

at::Tensor view(const at::Tensor& tensor, at::IntArrayRef sizes) {
  return at::native::view(tensor, sizes);
}

at::Tensor reshape_alias(const at::Tensor& tensor, at::IntArrayRef sizes, at::IntArrayRef strides) {
  return at::native::as_strided_tensorimpl(tensor, sizes, strides, tensor.storage_offset());
}

// What work() makes in host memory of the device's tensors: [result], undefined ones among them.
template <typename Work>
std::vector<at::Tensor> compute_by(const std::vector<at::Tensor>& tensors, const Work& work) {
  follow_streams();
  const at::AutoDispatchBelowAutograd below_autograd;
  std::vector<at::Tensor> made, places;
  for (const at::Tensor& result : work()) {
    made.push_back(result.defined() ? bring_to_device(result) : result);
    places.push_back(result.defined() ? alias_of(made.back()) : result);
  }
  if (AcceleratorRecording* recording = accelerator_recording()) {
    for (const at::Tensor& tensor : tensors) recording->keep(tensor);
    note_operation(*recording, [work, places] {
      const std::vector<at::Tensor> again = work();
      for (std::size_t i = 0; i < places.size(); ++i)
        if (places[i].defined()) places[i].copy_(again[i]);
    });
  }
  return made;
}

at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias, at::IntArrayRef stride, at::IntArrayRef padding,
                       at::IntArrayRef dilation, bool transposed, at::IntArrayRef output_padding,
                       std::int64_t groups) {
  const std::optional<at::Tensor> own_bias =
      bias && bias->defined() ? std::optional(alias_of(*bias)) : std::nullopt;
  return compute_by({input, weight, bias.value_or(at::Tensor())},
                    [input = alias_of(input), weight = alias_of(weight), own_bias, stride = stride.vec(),
                     padding = padding.vec(), dilation = dilation.vec(), transposed,
                     output_padding = output_padding.vec(), groups] {
                      return std::vector{at::convolution(input, weight, own_bias, stride, padding, dilation,
                                                         transposed, output_padding, groups)};
                    })[0];
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(
    const at::Tensor& gradient, const at::Tensor& input, const at::Tensor& weight, at::IntArrayRef stride,
    at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef output_padding,
    std::int64_t groups, std::array<bool, 3> wanted) {
  const std::vector<at::Tensor> made =
      compute_by({gradient, input, weight}, [gradient = alias_of(gradient), input = alias_of(input),
                                             weight = alias_of(weight), stride = stride.vec(),
                                             padding = padding.vec(), dilation = dilation.vec(), transposed,
                                             output_padding = output_padding.vec(), groups, wanted] {
        const auto [at_input, at_weight, at_bias] =
            at::convolution_backward(gradient, input, weight, std::array{weight.size(transposed ? 1 : 0)},
                                     stride, padding, dilation, transposed, output_padding, groups, wanted);
        return std::vector{at_input, at_weight, at_bias};
      });
  return {made[0], made[1], made[2]};
}

TORCH_LIBRARY_IMPL(_, HPU, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&compute_on_host>());
}

TORCH_LIBRARY_IMPL(aten, HPU, library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &empty_strided);
  library.impl("_copy_from", &copy_from);
  library.impl("_local_scalar_dense", &read_number);
  library.impl("as_strided", &as_strided);
  library.impl("view", &view);
  library.impl("_reshape_alias", &reshape_alias);
  library.impl("convolution_overrideable", &convolution);
  library.impl("convolution_backward_overrideable", &convolution_backward);
}

}  // namespace

std::int64_t reads_from_accelerator() {
  return reads;
}

}  // namespace ganymede
