// Steps as graphs of a GPU, where one computes.
#pragma once

#include "procedures/procedure.hpp"

namespace ganymede {

// From now on this thread computes on the GPU, if it is one: in a stream whose work can be recorded, which
// that of the default stream cannot, and by methods of libraries that give the same bits each time.
void take_device(at::Device device);

// Of the stream that computes on the device; nothing where it is no kind that can record.
std::unique_ptr<StepRecorder> make_step_recorder(at::Device device);

// Has the device record the procedure's steps (StepGraphs), if it can.
void record_steps(at::Device device, Procedure& procedure, Communicator& communicator);

}  // namespace ganymede
