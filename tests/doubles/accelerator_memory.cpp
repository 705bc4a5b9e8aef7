#include "tests/doubles/accelerator_memory.hpp"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/HPUHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include "tests/doubles/accelerator_double.hpp"
#include "tests/doubles/accelerator_streams.hpp"

namespace ganymede {
namespace {

const c10::Device kDevice{c10::DeviceType::HPU, 0};
std::atomic<std::int64_t> bytes_held = 0;

void* allocate_host_memory(std::size_t bytes) {
  constexpr std::size_t kAlignment = 64;
  void* memory = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

// As on CUDA: what a stream gives back is free for its next piece of work at once, but for what other streams
// were said to use, which must be done with it.
class MemoryOfStreams {
 public:
  void* allocate(std::size_t bytes, c10::StreamId stream) {
    const std::scoped_lock lock(mutex_);
    for (auto block = free_.begin(); block != free_.end(); ++block) {
      if (block->stream != stream || block->bytes != bytes || !is_free(*block)) continue;
      void* memory = block->memory;
      used_.emplace(memory, Used{.stream = stream, .bytes = bytes});
      free_.erase(block);
      return memory;
    }
    void* memory = allocate_host_memory(bytes);
    std::memset(memory, 0xff, bytes);  // no numbers
    used_.emplace(memory, Used{.stream = stream, .bytes = bytes});
    return memory;
  }
  void note_use(void* memory, c10::StreamId stream) {
    const std::scoped_lock lock(mutex_);
    if (const auto block = used_.find(memory); block != used_.end()) block->second.users.insert(stream);
  }
  // Whether the memory is from here.
  bool take_back(void* memory) {
    const std::scoped_lock lock(mutex_);
    const auto block = used_.find(memory);
    if (block == used_.end()) return false;
    Free free{.memory = memory, .stream = block->second.stream, .bytes = block->second.bytes};
    for (const c10::StreamId user : block->second.users) free.users.push_back(end_of_work(user));
    free_.push_back(free);
    used_.erase(block);
    return true;
  }

 private:
  struct Used {
    c10::StreamId stream;
    std::size_t bytes;
    std::set<c10::StreamId> users = {};
  };
  struct Free {
    void* memory;
    c10::StreamId stream;
    std::size_t bytes;
    std::vector<StreamPlace> users = {};
  };
  static bool is_free(const Free& block) {
    return std::all_of(block.users.begin(), block.users.end(), is_reached);
  }

  std::mutex mutex_;
  std::map<void*, Used> used_;
  std::vector<Free> free_;
};

MemoryOfStreams& memory_of_streams() {
  static MemoryOfStreams memory;
  return memory;
}

class DeviceMemory final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes == 0) return {nullptr, kDevice};
    void* memory =
        may_be_late() ? memory_of_streams().allocate(bytes, current_stream()) : allocate_host_memory(bytes);
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
    if (!memory_of_streams().take_back(memory)) std::free(memory);
  }
};

// Of the host, for copies that the host does not wait for.
class PinnedMemory final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes == 0) return {nullptr, at::kCPU};
    void* memory = allocate_host_memory(bytes);
    const std::scoped_lock lock(mutex_);
    blocks_[memory] = bytes;
    return {memory, memory, &free, at::kCPU};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &free; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }

  bool holds(const void* address) {
    const std::scoped_lock lock(mutex_);
    auto block = blocks_.upper_bound(const_cast<void*>(address));
    if (block == blocks_.begin()) return false;
    --block;
    return address < static_cast<std::byte*>(block->first) + block->second;
  }

 private:
  static void free(void* memory);

  std::mutex mutex_;
  std::map<void*, std::size_t> blocks_;
};

PinnedMemory& pinned_memory() {
  static PinnedMemory memory;
  return memory;
}

// As on CUDA: not before it has been copied.
void PinnedMemory::free(void* memory) {
  finish_all_streams();
  const std::scoped_lock lock(pinned_memory().mutex_);
  pinned_memory().blocks_.erase(memory);
  std::free(memory);
}

struct DeviceGuard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kDevice.type(); }
  c10::Device exchangeDevice(c10::Device) const override { return kDevice; }
  c10::Device getDevice() const override { return kDevice; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const override { return stream(current_stream()); }
  c10::Stream getDefaultStream(c10::Device) const override {
    return c10::Stream(c10::Stream::DEFAULT, kDevice);
  }
  c10::Stream getStreamFromGlobalPool(c10::Device, bool) const override { return stream(make_stream()); }
  c10::Stream exchangeStream(c10::Stream next) const override {
    return stream(exchange_current_stream(next.id()));
  }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void** event, const c10::Stream& in, c10::DeviceIndex, c10::EventFlag) const override {
    if (*event == nullptr) *event = new StreamPlace;
    place(*event) = end_of_work(in.id());
  }
  void block(void* event, const c10::Stream& in) const override { hold_up(in.id(), place(event)); }
  bool queryEvent(void* event) const override { return is_reached(place(event)); }
  void synchronizeEvent(void* event) const override { wait_for(place(event)); }
  void destroyEvent(void* event, c10::DeviceIndex) const noexcept override { delete &place(event); }
  void recordDataPtrOnStream(const c10::DataPtr& memory, const c10::Stream& in) const override {
    memory_of_streams().note_use(at_hand(memory.get()), in.id());
  }

 private:
  static c10::Stream stream(c10::StreamId id) { return c10::Stream(c10::Stream::UNSAFE, kDevice, id); }
  static StreamPlace& place(void* event) { return *static_cast<StreamPlace*>(event); }
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
  at::Allocator* getPinnedMemoryAllocator() const override { return &pinned_memory(); }
  bool isPinnedPtr(const void* address) const override { return pinned_memory().holds(address); }
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
