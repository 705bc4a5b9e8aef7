#include "tests/doubles/accelerator_double.hpp"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <torch/library.h>

#include <atomic>

#include "base/error.hpp"
#include "tests/doubles/accelerator_memory.hpp"
#include "tests/doubles/accelerator_recording.hpp"
#include "tests/doubles/accelerator_streams.hpp"

namespace ganymede {
namespace {

std::atomic<std::int64_t> reads = 0;

std::function<void()>& awaited() {
  static std::function<void()> wait;
  return wait;
}

// As on CUDA: the host has no part in what is recorded.
void refuse_while_recording(const char* what) {
  if (accelerator_recording() != nullptr)
    throw Error(fmt::format("{} is not permitted while the device's work is recorded", what));
}

// Before anything touches the device's memory.
void follow_streams() {
  wait_for(end_of_work(current_stream()));
  if (awaited()) awaited()();
}

// A copy that the device does at its own time. The host's memory must be pinned for that.
bool is_put_off(const at::Tensor& from, const at::Tensor& to, bool non_blocking) {
  const bool within = is_on_device(from) && accelerator_recording() == nullptr;
  return non_blocking && may_be_late() && is_on_device(to) && (within || from.is_pinned());
}

void note_operation(AcceleratorRecording& recording, std::function<void()> again) {
  recording.note([again = std::move(again)] {
    follow_streams();
    again();
  });
}

at::Tensor bring_to_device(const at::Tensor& of_cpu) {
  const at::Tensor tensor = allocate(of_cpu.sizes(), of_cpu.strides(), of_cpu.scalar_type());
  alias_of(tensor).copy_(of_cpu);
  if (AcceleratorRecording* recording = accelerator_recording()) {
    recording->keep(tensor);
    recording->has_made(alias_of(tensor));
  }
  return tensor;
}

// What an operation gets in place of the device's tensors, and how what it returns gets back to them.
class HostArguments {
 public:
  explicit HostArguments(const c10::OperatorHandle& operation) : operation_(operation) {}

  at::Tensor replace(const at::Tensor& tensor) {
    if (!is_on_device(tensor)) {
      // As CUDA does: a number may come from the host.
      ensure(!tensor.defined() || tensor.dim() == 0 || operation_.schema().name() == "aten::index",
             "operations get tensors of one device");
      if (tensor.defined() && tensor.dim() > 0) refuse_while_recording("an index of the host");
      return tensor;
    }
    if (AcceleratorRecording* recording = accelerator_recording()) recording->keep(tensor);
    // It may be made larger, which an alias cannot.
    at::Tensor alias = tensor.numel() == 0 ? at::empty_strided(tensor.sizes(), tensor.strides(),
                                                               at::TensorOptions(tensor.scalar_type()))
                                           : alias_of(tensor);
    aliases_.push_back({tensor, alias});
    return alias;
  }

  at::Tensor take_back(const at::Tensor& result) const {
    if (!result.defined()) return result;
    for (const auto& [tensor, alias] : aliases_) {
      if (result.is_same(alias)) return tensor;
      if (alias.numel() > 0 && result.is_alias_of(alias))
        return at::native::as_strided_tensorimpl(tensor, result.sizes(), result.strides(),
                                                 tensor.storage_offset() + result.storage_offset());
    }
    return bring_to_device(result);
  }

  // Outputs that were empty before have been made. Returns them, beside what the operation wrote to.
  std::vector<std::pair<at::Tensor, at::Tensor>> bring_back_grown() const {
    std::vector<std::pair<at::Tensor, at::Tensor>> grown;
    for (const auto& [tensor, alias] : aliases_) {
      if (tensor.numel() > 0 || alias.numel() == 0) continue;
      const at::Tensor made = bring_to_device(alias);
      auto* impl = tensor.unsafeGetTensorImpl();
      impl->set_storage_keep_dtype(made.storage());
      impl->set_sizes_and_strides(made.sizes(), made.strides());
      grown.emplace_back(tensor, alias);
    }
    return grown;
  }

 private:
  const c10::OperatorHandle& operation_;
  std::vector<std::pair<at::Tensor, at::Tensor>> aliases_;
};

// What becomes of tensors of a value, alone or in lists.
template <typename Change>
c10::IValue change_tensors(const c10::IValue& value, const Change& change) {
  if (value.isTensor()) return change(value.toTensor());
  if (value.isTensorList()) {
    std::vector<at::Tensor> tensors;
    for (const at::Tensor& tensor : value.toTensorVector()) tensors.push_back(change(tensor));
    return tensors;
  }
  if (value.isOptionalTensorList()) {
    c10::List<std::optional<at::Tensor>> tensors;
    for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorList())
      tensors.push_back(tensor ? std::optional(change(*tensor)) : std::nullopt);
    return tensors;
  }
  if (value.isDevice()) return c10::Device(at::kCPU);
  return value;
}

std::vector<at::Tensor> tensors_of(const c10::IValue& value) {
  std::vector<at::Tensor> tensors;
  change_tensors(value, [&](const at::Tensor& tensor) {
    if (tensor.defined()) tensors.push_back(tensor);
    return tensor;
  });
  return tensors;
}

using Stack = torch::jit::Stack;

std::vector<at::Tensor> tensors_of_last(const Stack& stack, std::size_t count) {
  std::vector<at::Tensor> tensors;
  for (auto value = stack.end() - static_cast<std::ptrdiff_t>(count); value != stack.end(); ++value)
    for (const at::Tensor& tensor : tensors_of(*value)) tensors.push_back(tensor);
  return tensors;
}

void save_what_it_writes(AcceleratorRecording& recording, const c10::OperatorHandle& operation,
                         const Stack& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto* alias = operation.schema().arguments()[i].alias_info();
    if (alias == nullptr || !alias->isWrite()) continue;
    for (const at::Tensor& written : tensors_of(arguments[i]))
      if (written.numel() > 0) recording.will_write(written);
  }
}

// made: tensors of the device, each beside the result in host memory that was brought there; the same memory
// for a view.
struct Made {
  std::vector<at::Tensor> on_device, on_host;
  std::vector<std::pair<at::Tensor, at::Tensor>> grown;
};

void note(AcceleratorRecording& recording, const c10::OperatorHandle& operation, Stack arguments,
          const Made& made) {
  std::vector<at::Tensor> places;  // [result]; undefined for a view
  for (std::size_t i = 0; i < made.on_device.size(); ++i) {
    const at::Tensor place = alias_of(made.on_device[i]);
    const bool view = place.numel() == 0 || place.const_data_ptr() == made.on_host[i].const_data_ptr();
    places.push_back(view ? at::Tensor() : place);
    recording.keep(made.on_device[i]);
  }
  std::vector<std::pair<at::Tensor, at::Tensor>> grown;
  for (const auto& [tensor, alias] : made.grown) grown.emplace_back(alias_of(tensor), alias);
  note_operation(recording, [operation, arguments = std::move(arguments), places, grown] {
    Stack stack = arguments;
    operation.callBoxed(&stack);
    const std::vector<at::Tensor> results = tensors_of_last(stack, stack.size());
    for (std::size_t i = 0; i < places.size(); ++i)
      if (places[i].defined()) places[i].copy_(results[i]);
    for (const auto& [place, alias] : grown) place.copy_(alias);
  });
}

// Any operation: the CPU's, on the device's memory.
void compute(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  follow_streams();
  const at::AutoDispatchBelowAutograd below_autograd;
  HostArguments arguments(operation);
  const std::size_t count = operation.schema().arguments().size();
  for (auto value = stack->end() - static_cast<std::ptrdiff_t>(count); value != stack->end(); ++value)
    *value = change_tensors(*value, [&](const at::Tensor& tensor) { return arguments.replace(tensor); });
  AcceleratorRecording* recording = accelerator_recording();
  Stack given;
  if (recording != nullptr) {
    given.assign(stack->end() - static_cast<std::ptrdiff_t>(count), stack->end());
    save_what_it_writes(*recording, operation, given);
  }
  operation.callBoxed(stack);
  const std::size_t results = operation.schema().returns().size();
  Made made;
  if (recording != nullptr) made.on_host = tensors_of_last(*stack, results);
  made.grown = arguments.bring_back_grown();
  for (auto value = stack->end() - static_cast<std::ptrdiff_t>(results); value != stack->end(); ++value)
    *value = change_tensors(*value, [&](const at::Tensor& tensor) { return arguments.take_back(tensor); });
  if (recording == nullptr) return;
  made.on_device = tensors_of_last(*stack, results);
  note(*recording, operation, std::move(given), made);
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
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&compute>());
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

void wait_before_operations(std::function<void()> wait) {
  awaited() = std::move(wait);
}

std::int64_t reads_from_accelerator() {
  return reads;
}

}  // namespace ganymede
