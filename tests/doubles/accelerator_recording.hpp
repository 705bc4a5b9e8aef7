// What the accelerator's double is asked for while it records, to be done again in that order on the same
// memory.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace ganymede {

class AcceleratorRecording {
 public:
  // Of one operation on memory of the double, or one call that gives a stream work.
  void note(std::function<void()> again) { again_.push_back(std::move(again)); }
  // Before an operation writes to memory that it was given; an alias in host memory.
  void will_write(const at::Tensor& alias);
  // Memory that an operation made; an alias in host memory.
  void has_made(const at::Tensor& alias);
  // Holds the memory for as long as the recording lives.
  void keep(const at::Tensor& of_device) { kept_.push_back(of_device); }

  // Makes the memory what it was before the first operation: that was recorded, not done. What operations
  // made holds no numbers until it is done.
  void undo();
  void replay() const;

 private:
  std::vector<std::function<void()>> again_, before_;
  std::vector<at::Tensor> kept_;
};

// The one under way, in any thread; null where there is none.
AcceleratorRecording* accelerator_recording();

}  // namespace ganymede
