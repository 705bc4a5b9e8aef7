// LibTorch seeds its generator anew in each process: with this, a test draws the same numbers each time. The
// one of the CPU alone: the accelerator's double has none.
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

namespace ganymede {
namespace {

class Seeding : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { generator_.set_current_seed(1); }

  at::Generator generator_ = at::detail::getDefaultCPUGenerator();
};

const bool kAppended = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new Seeding);
  return true;
}();

}  // namespace
}  // namespace ganymede
