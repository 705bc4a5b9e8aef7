// A double of a GPU for LibTorch: a kind of device that it knows without bringing operations for it (HPU)
// gets one device, whose operations are those of the CPU, one after another; copies in streams of their own
// may be late (accelerator_streams.hpp). As on a GPU, the host cannot
// touch the device's memory (a look at it ends the process), tensors of host and device do not mix, backward
// passes run in a thread of their own, and a number reaches the host only by being asked for, which is
// counted.
#pragma once

#include <c10/core/Device.h>

#include <cstddef>
#include <cstdint>
#include <functional>

#include "procedures/step_graphs.hpp"

namespace ganymede {

// Registers it at the first call.
c10::Device accelerator_double();

// What each operation waits for before it begins: work of streams that it would follow in its own. For all
// threads; may be empty.
void wait_before_operations(std::function<void()> wait);

// From an address of the host to that of the device: no address of a process, so that a look at it is a
// fault.
inline constexpr std::uintptr_t kFarAway = std::uintptr_t{1} << 60;

// Where the memory at an address of the device, or of the host, can be reached.
inline std::byte* at_hand(const void* address) {
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  return reinterpret_cast<std::byte*>(number < kFarAway ? number : number - kFarAway);
}

// Records what the double is asked for, as CUDA captures a stream: a copy between host and device throws
// meanwhile, nothing is done before the replay, and there the host has no part in it.
std::unique_ptr<StepRecorder> accelerator_recorder();

// Copies from the device to the host so far, single numbers among them.
std::int64_t reads_from_accelerator();

// Of the device's memory, that is allocated.
std::int64_t bytes_held_on_accelerator();

}  // namespace ganymede
