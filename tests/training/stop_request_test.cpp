#include "training/stop_request.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

// Each in a process of its own: a request to stop can't be taken back.
class StopRequestTest : public testing::TestWithParam<int> {};

TEST_P(StopRequestTest, ASignalIsARequestAndSentTwiceAtOnceStillOne) {
  EXPECT_EXIT(
      {
        catch_stop_signals();
        if (stop_requested()) _exit(1);
        raise(GetParam());
        raise(GetParam());
        _exit(stop_requested() ? 75 : 2);
      },
      testing::ExitedWithCode(75), "");
}

INSTANTIATE_TEST_SUITE_P(Signals, StopRequestTest,
                         testing::Values(SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1));

TEST(StopRequest, TheSameSignalAgainEndsTheProcess) {
  EXPECT_EXIT(
      {
        catch_stop_signals();
        raise(SIGTERM);
        usleep(1'050'000);
        raise(SIGTERM);
        _exit(0);
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST(StopRequest, NohupHolds) {
  EXPECT_EXIT(
      {
        signal(SIGHUP, SIG_IGN);
        catch_stop_signals();
        raise(SIGHUP);
        _exit(stop_requested() ? 1 : 0);
      },
      testing::ExitedWithCode(0), "");
}

TEST(StopRequest, EndsWhatHasNotBegun) {
  end_if_stop_requested();
  EXPECT_EXIT(
      {
        catch_stop_signals();
        raise(SIGTERM);
        expect_error<StopRequested>(end_if_stop_requested, {"before the first step"});
        _exit(static_cast<int>(StopRequested().exit_code()));
      },
      testing::ExitedWithCode(75), "");
}

}  // namespace
}  // namespace ganymede
