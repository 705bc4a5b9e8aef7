#include "procedures/step_recording.hpp"

#ifdef GANYMEDE_CUDA
#include <ATen/Context.h>
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace ganymede {

#ifdef GANYMEDE_CUDA

namespace {

// What the stream that computes is asked for, and what other streams are asked for in between.
class CudaRecorder final : public StepRecorder {
 public:
  Replay record(const std::function<void()>& work) override {
    const auto graph = std::make_shared<at::cuda::CUDAGraph>();
    const c10::MempoolId_t memory = at::cuda::graph_pool_handle();
    try {
      // Threads that load batches go on with theirs.
      graph->capture_begin(memory, cudaStreamCaptureModeThreadLocal);
      work();
      graph->capture_end();
    } catch (...) {
      give_up(*graph, memory);
      throw;
    }
    return [graph] { graph->replay(); };
  }

 private:
  // The stream computes again, and memory is found as before. What stands in the way of a whole graph is
  // known already.
  static void give_up(at::cuda::CUDAGraph& graph, c10::MempoolId_t memory) noexcept {
    attempt([&] { graph.capture_end(); });
    // Where the capture has become invalid, that threw too early: LibTorch would believe for ever that one is
    // under way, and give no memory back that a second stream has used.
    attempt([&] {
      const c10::DeviceIndex device = c10::cuda::current_device();
      c10::cuda::CUDACachingAllocator::endAllocateToPool(device, memory);
      c10::cuda::CUDACachingAllocator::releasePool(device, memory);
    });
    attempt([&] {
      at::HostAllocator& host = *at::getHostAllocator(at::kCUDA);
      host.end_allocate_to_pool(memory);
      host.release_pool(memory);
    });
  }

  template <typename Work>
  static void attempt(const Work& work) noexcept {
    try {
      work();
    } catch (const std::exception&) {
    }
  }
};

}  // namespace

void take_device(at::Device device) {
  if (!device.is_cuda()) return;
  at::globalContext().setDeterministicCuDNN(true);
  c10::cuda::set_device(device.index());
  c10::cuda::setCurrentCUDAStream(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index()));
}

std::unique_ptr<StepRecorder> make_step_recorder(at::Device device) {
  return device.is_cuda() ? std::make_unique<CudaRecorder>() : nullptr;
}

#else

void take_device(at::Device /*device*/) {}

std::unique_ptr<StepRecorder> make_step_recorder(at::Device /*device*/) {
  return nullptr;
}

#endif

void record_steps(at::Device device, Procedure& procedure, Communicator& communicator) {
  if (auto recorder = make_step_recorder(device))
    procedure.record_steps(std::make_unique<StepGraphs>(std::move(recorder), communicator));
}

}  // namespace ganymede
