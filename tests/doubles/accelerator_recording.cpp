#include "tests/doubles/accelerator_recording.hpp"

#include <ATen/ATen.h>

#include <atomic>
#include <limits>

#include "tests/doubles/accelerator_double.hpp"

namespace ganymede {
namespace {

std::atomic<AcceleratorRecording*> under_way = nullptr;

class AcceleratorRecorder final : public StepRecorder {
 public:
  Replay record(const std::function<void()>& work) override {
    const auto recording = std::make_shared<AcceleratorRecording>();
    under_way = recording.get();
    try {
      work();
    } catch (...) {
      under_way = nullptr;
      recording->undo();
      throw;
    }
    under_way = nullptr;
    recording->undo();
    return [recording] { recording->replay(); };
  }
};

}  // namespace

void AcceleratorRecording::will_write(const at::Tensor& alias) {
  before_.emplace_back([alias, saved = alias.clone()] { alias.copy_(saved); });
}

void AcceleratorRecording::has_made(const at::Tensor& alias) {
  before_.emplace_back([alias] {
    if (alias.is_floating_point()) alias.fill_(std::numeric_limits<double>::quiet_NaN());
  });
}

void AcceleratorRecording::undo() {
  const at::NoGradGuard no_grad;
  for (auto undo = before_.rbegin(); undo != before_.rend(); ++undo) (*undo)();
  before_.clear();
}

void AcceleratorRecording::replay() const {
  const at::AutoDispatchBelowAutograd below_autograd;
  for (const auto& again : again_) again();
}

AcceleratorRecording* accelerator_recording() {
  return under_way;
}

std::unique_ptr<StepRecorder> accelerator_recorder() {
  return std::make_unique<AcceleratorRecorder>();
}

}  // namespace ganymede
