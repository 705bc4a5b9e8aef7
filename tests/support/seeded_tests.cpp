// LibTorch seeds its generator anew in each process: with this, a test draws the same numbers each time.
#include <ATen/Context.h>
#include <gtest/gtest.h>

namespace ganymede {
namespace {

class Seeding : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { at::manual_seed(1); }
};

const bool kAppended = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new Seeding);
  return true;
}();

}  // namespace
}  // namespace ganymede
