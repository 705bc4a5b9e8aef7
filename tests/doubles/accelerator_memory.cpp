#include "tests/doubles/accelerator_memory.hpp"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/HPUHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "tests/doubles/accelerator_double.hpp"

namespace ganymede {
namespace {

const c10::Device kDevice{c10::DeviceType::HPU, 0};
std::atomic<std::int64_t> bytes_held = 0;

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

C10_REGISTER_GUARD_IMPL(HPU, DeviceGuard)

}  // namespace
}  // namespace ganymede

namespace at {
using ganymede::HPUHooks;
REGISTER_HPU_HOOKS(HPUHooks)
}  // namespace at

namespace ganymede {

c10::Allocator& device_memory() {
  static DeviceMemory memory;
  return memory;
}

bool is_on_device(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device() == kDevice;
}

at::Tensor alias_of(const at::Tensor& tensor) {
  void* memory = tensor.numel() == 0 ? nullptr : at_hand(tensor.unsafeGetTensorImpl()->data());
  return at::from_blob(memory, tensor.sizes(), tensor.strides(), at::TensorOptions(tensor.scalar_type()));
}

at::Tensor allocate(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType dtype) {
  return at::detail::empty_strided_generic(sizes, strides, &device_memory(),
                                           c10::DispatchKeySet(c10::DispatchKey::HPU), dtype);
}

c10::Device accelerator_double() {
  static const bool registered = [] {
    c10::SetAllocator(kDevice.type(), &device_memory());
    return true;
  }();
  (void)registered;
  return kDevice;
}

std::int64_t bytes_held_on_accelerator() {
  return bytes_held;
}

}  // namespace ganymede
