// The device's operations are the CPU's, on the device's memory, which is the host's.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

#include <functional>

#include "tests/doubles/accelerator_recording.hpp"

namespace ganymede {

// As on CUDA: the host has no part in what is recorded. Throws an Error that names it.
void refuse_while_recording(const char* what);

// Before anything touches the device's memory.
void follow_streams();

// `again` is done at each replay.
void note_operation(AcceleratorRecording& recording, std::function<void()> again);

// The same numbers in the device's memory; noted where that is recorded.
at::Tensor bring_to_device(const at::Tensor& of_cpu);

// Any operation, by the CPU's.
void compute_on_host(const c10::OperatorHandle& operation, torch::jit::Stack* stack);

}  // namespace ganymede
