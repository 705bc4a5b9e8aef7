#include "procedures/step_recording.hpp"

#ifdef GANYMEDE_CUDA
#include <ATen/cuda/CUDAGraph.h>
#endif

namespace ganymede {

#ifdef GANYMEDE_CUDA

namespace {

// What the stream that computes is asked for, and what other streams are asked for in between.
class CudaRecorder final : public StepRecorder {
 public:
  Replay record(const std::function<void()>& work) override {
    const auto graph = std::make_shared<at::cuda::CUDAGraph>();
    // Threads that load batches go on with theirs.
    graph->capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      work();
    } catch (...) {
      give_up(*graph);
      throw;
    }
    graph->capture_end();
    return [graph] { graph->replay(); };
  }

 private:
  // The stream computes again. What stands in the way of a whole graph is known already.
  static void give_up(at::cuda::CUDAGraph& graph) noexcept {
    try {
      graph.capture_end();
    } catch (const std::exception&) {
    }
  }
};

}  // namespace

void record_steps(at::Device device, Procedure& procedure, Communicator& communicator) {
  if (device.is_cuda())
    procedure.record_steps(std::make_unique<StepGraphs>(std::make_unique<CudaRecorder>(), communicator));
}

#else

void record_steps(at::Device /*device*/, Procedure& /*procedure*/, Communicator& /*communicator*/) {}

#endif

}  // namespace ganymede
