#include "procedures/step_numbers.hpp"

#include <bit>

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kFirstRate = 2;

}  // namespace

at::Tensor send_to(at::Device device, const at::Tensor& of_host) {
  return device.is_cuda() ? of_host.pin_memory().to(device, of_host.scalar_type(), /*non_blocking=*/true)
                          : of_host.to(device);
}

StepNumbers::StepNumbers(std::uint64_t seed, at::Device device)
    : seed_(seed),
      numbers_(at::zeros({kFirstRate + kMostRates}, at::TensorOptions(at::kLong).device(device))) {
  if (!device.is_cpu()) step_seed_.on_device = numbers_.narrow(0, 0, kFirstRate);
}

at::Tensor StepNumbers::add_rate_factor(const LearningRateSchedule& schedule) {
  const auto rate = static_cast<std::int64_t>(schedules_.size());
  ensure(rate < kMostRates, "a procedure has few learning rates");
  schedules_.push_back(schedule);
  return numbers_.view(at::kDouble)[kFirstRate + rate];
}

void StepNumbers::begin(std::int64_t step, const Attempt& attempt) {
  step_seed_.seed = attempt.seed_of_steps(seed_);
  step_seed_.step = step;
  const bool on_host = numbers_.is_cpu();
  const at::Tensor numbers = on_host ? numbers_ : at::zeros(numbers_.sizes(), at::kLong);
  auto* values = numbers.mutable_data_ptr<std::int64_t>();
  values[0] = static_cast<std::int64_t>(step_seed_.seed);
  values[1] = step;
  for (std::size_t rate = 0; rate < schedules_.size(); ++rate)
    values[kFirstRate + static_cast<std::int64_t>(rate)] =
        std::bit_cast<std::int64_t>(rate_factor(schedules_[rate], step) * attempt.rate_factor);
  if (!on_host) numbers_.copy_(send_to(numbers_.device(), numbers));
}

}  // namespace ganymede
