#include "tests/doubles/accelerator_operations.hpp"

#include <ATen/ATen.h>
#include <ATen/ops/as_strided_native.h>

#include "base/error.hpp"
#include "tests/doubles/accelerator_double.hpp"
#include "tests/doubles/accelerator_memory.hpp"
#include "tests/doubles/accelerator_streams.hpp"

namespace ganymede {
namespace {

std::function<void()>& awaited() {
  static std::function<void()> wait;
  return wait;
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

}  // namespace

void wait_before_operations(std::function<void()> wait) {
  awaited() = std::move(wait);
}

void refuse_while_recording(const char* what) {
  if (accelerator_recording() != nullptr)
    throw Error(fmt::format("{} is not permitted while the device's work is recorded", what));
}

void follow_streams() {
  wait_for(end_of_work(current_stream()));
  if (awaited()) awaited()();
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

void compute_on_host(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
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

}  // namespace ganymede
