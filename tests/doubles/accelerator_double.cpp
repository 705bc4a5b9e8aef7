#include "tests/doubles/accelerator_double.hpp"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/HPUHooksInterface.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <malloc.h>
#include <torch/library.h>

#include <atomic>
#include <cstdlib>

#include "base/error.hpp"

namespace ganymede {
namespace {

const c10::Device kDevice{c10::DeviceType::HPU, 0};
std::atomic<std::int64_t> reads = 0, bytes_held = 0;

std::function<void()>& awaited() {
  static std::function<void()> wait;
  return wait;
}

// Before anything touches the device's memory.
void follow_streams() {
  if (awaited()) awaited()();
}

class DeviceMemory final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes == 0) return {nullptr, kDevice};
    constexpr std::size_t kAlignment = 64;
    void* memory = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
    if (memory == nullptr) throw std::bad_alloc();
    bytes_held += static_cast<std::int64_t>(malloc_usable_size(memory));
    void* far_away = reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(memory) + kFarAway);
    return {far_away, far_away, &free, kDevice};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &free; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    std::memcpy(at_hand(to), at_hand(from), bytes);
  }

 private:
  static void free(void* far_away) {
    void* memory = at_hand(far_away);
    bytes_held -= static_cast<std::int64_t>(malloc_usable_size(memory));
    std::free(memory);
  }
};

DeviceMemory& device_memory() {
  static DeviceMemory memory;
  return memory;
}

// One device with one stream, on which everything is done at once.
struct DeviceGuard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kDevice.type(); }
  c10::Device exchangeDevice(c10::Device) const override { return kDevice; }
  c10::Device getDevice() const override { return kDevice; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const override { return stream(); }
  c10::Stream getDefaultStream(c10::Device) const override { return stream(); }
  c10::Stream exchangeStream(c10::Stream) const override { return stream(); }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void*, c10::DeviceIndex) const noexcept override {}

 private:
  static c10::Stream stream() { return c10::Stream(c10::Stream::DEFAULT, kDevice); }
};

// By its name in the registry; LibTorch asks it whether there is a device.
struct HPUHooks final : at::HPUHooksInterface {
  explicit HPUHooks(at::HPUHooksArgs) {}
  void init() const override {}
  bool hasHPU() const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
};

bool is_on_device(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device() == kDevice;
}

// The same memory as a tensor of the CPU.
at::Tensor alias_of(const at::Tensor& tensor) {
  void* memory = tensor.numel() == 0 ? nullptr : at_hand(tensor.unsafeGetTensorImpl()->data());
  return at::from_blob(memory, tensor.sizes(), tensor.strides(), at::TensorOptions(tensor.scalar_type()));
}

at::Tensor allocate(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType dtype) {
  return at::detail::empty_strided_generic(sizes, strides, &device_memory(),
                                           c10::DispatchKeySet(c10::DispatchKey::HPU), dtype);
}

at::Tensor bring_to_device(const at::Tensor& of_cpu) {
  const at::Tensor tensor = allocate(of_cpu.sizes(), of_cpu.strides(), of_cpu.scalar_type());
  alias_of(tensor).copy_(of_cpu);
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
      return tensor;
    }
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

  // Outputs that were empty before have been made.
  void bring_back_grown() const {
    for (const auto& [tensor, alias] : aliases_) {
      if (tensor.numel() > 0 || alias.numel() == 0) continue;
      const at::Tensor made = bring_to_device(alias);
      auto* impl = tensor.unsafeGetTensorImpl();
      impl->set_storage_keep_dtype(made.storage());
      impl->set_sizes_and_strides(made.sizes(), made.strides());
    }
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

// Any operation: the CPU's, on the device's memory.
void compute(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  follow_streams();
  const at::AutoDispatchBelowAutograd below_autograd;
  HostArguments arguments(operation);
  const std::size_t count = operation.schema().arguments().size();
  for (auto value = stack->end() - static_cast<std::ptrdiff_t>(count); value != stack->end(); ++value)
    *value = change_tensors(*value, [&](const at::Tensor& tensor) { return arguments.replace(tensor); });
  operation.callBoxed(stack);
  arguments.bring_back_grown();
  const std::size_t results = operation.schema().returns().size();
  for (auto value = stack->end() - static_cast<std::ptrdiff_t>(results); value != stack->end(); ++value)
    *value = change_tensors(*value, [&](const at::Tensor& tensor) { return arguments.take_back(tensor); });
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

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool) {
  follow_streams();
  const at::AutoDispatchBelowAutograd below_autograd;
  if (!is_on_device(to)) ++reads;
  (is_on_device(to) ? alias_of(to) : to).copy_(is_on_device(from) ? alias_of(from) : from);
  return to;
}

at::Scalar read_number(const at::Tensor& tensor) {
  follow_streams();
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

at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias, at::IntArrayRef stride, at::IntArrayRef padding,
                       at::IntArrayRef dilation, bool transposed, at::IntArrayRef output_padding,
                       std::int64_t groups) {
  follow_streams();
  const at::AutoDispatchBelowAutograd below_autograd;
  const std::optional<at::Tensor> own_bias =
      bias && bias->defined() ? std::optional(alias_of(*bias)) : std::nullopt;
  return bring_to_device(at::convolution(alias_of(input), alias_of(weight), own_bias, stride, padding,
                                         dilation, transposed, output_padding, groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(
    const at::Tensor& gradient, const at::Tensor& input, const at::Tensor& weight, at::IntArrayRef stride,
    at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef output_padding,
    std::int64_t groups, std::array<bool, 3> wanted) {
  follow_streams();
  const at::AutoDispatchBelowAutograd below_autograd;
  const auto made = at::convolution_backward(alias_of(gradient), alias_of(input), alias_of(weight),
                                             std::array{weight.size(transposed ? 1 : 0)}, stride, padding,
                                             dilation, transposed, output_padding, groups, wanted);
  const auto bring = [](const at::Tensor& tensor) {
    return tensor.defined() ? bring_to_device(tensor) : tensor;
  };
  return {bring(std::get<0>(made)), bring(std::get<1>(made)), bring(std::get<2>(made))};
}

C10_REGISTER_GUARD_IMPL(HPU, DeviceGuard)

}  // namespace
}  // namespace ganymede

namespace at {
using ganymede::HPUHooks;
REGISTER_HPU_HOOKS(HPUHooks)
}  // namespace at

namespace ganymede {
namespace {

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

c10::Device accelerator_double() {
  static const bool registered = [] {
    c10::SetAllocator(kDevice.type(), &device_memory());
    return true;
  }();
  (void)registered;
  return kDevice;
}

void wait_before_operations(std::function<void()> wait) {
  awaited() = std::move(wait);
}

std::int64_t reads_from_accelerator() {
  return reads;
}

std::int64_t bytes_held_on_accelerator() {
  return bytes_held;
}

}  // namespace ganymede
