// Steps as graphs of a GPU, where one computes.
#pragma once

#include "procedures/procedure.hpp"

namespace ganymede {

// Has the device record the procedure's steps (StepGraphs), if it is a kind that can.
void record_steps(at::Device device, Procedure& procedure, Communicator& communicator);

}  // namespace ganymede
