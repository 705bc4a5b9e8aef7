#include "training/run_listener.hpp"

#include "base/failure.hpp"
#include "base/logging.hpp"

namespace ganymede {

void tell(const Listeners& listeners, const std::string& what, std::int64_t step,
          const std::function<void(RunListener&)>& call) {
  for (const auto& listener : listeners) {
    try {
      call(*listener);
    } catch (const std::exception& error) {
      if (listener->is_essential()) throw;
      spdlog::warn("step {}: cannot {}: {}; training goes on", step, what, describe_failure(error).message);
    }
  }
}

}  // namespace ganymede
