// Commands that are ended while they write: what they leave of it.
#include <signal.h>

#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class UnfinishedOutputTest : public ProgramTest {
 protected:
  Words names() const {
    Words names;
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  // Sends the signal once a temporary file or folder stands there.
  void end_while_it_writes(const Words& arguments, int signal) const {
    const auto program = start(arguments, 0);
    program->wait_until("a temporary name", [&] {
      const Words found = names();
      return std::any_of(found.begin(), found.end(),
                         [](const std::string& name) { return name.find(".tmp-") != std::string::npos; });
    });
    program->send_signal(signal);
    const ProgramResult result = program->wait();
    EXPECT_EQ(result.exit_code, 128 + signal) << result.describe();
    EXPECT_EQ(result.errors, "");
  }

  const Words make_ring_{"dataset", "make", "ring", "--samples", "100000000", "--out", "ring"};
  const Words sample_{"sample", "run", "--count", "10000", "--out", "x.png"};
};

TEST_F(UnfinishedOutputTest, ASignalLeavesNothing) {
  train("run", 1, {"train.steps=1"});
  for (const int signal : {SIGHUP, SIGINT, SIGTERM})
    for (const Words& arguments : {sample_, make_ring_}) {
      end_while_it_writes(arguments, signal);
      EXPECT_THAT(names(), ElementsAre("run")) << "signal " << signal;
    }
}

TEST_F(UnfinishedOutputTest, WhatAKillLeftGoesWithTheNextCommand) {
  train("run", 1, {"train.steps=1"});
  end_while_it_writes(sample_, SIGKILL);
  ASSERT_EQ(names().size(), 2U);
  write_text(folder_ / "x.png.tmp-elsewhere-1", "of another host, which may be writing it");
  EXPECT_EQ(run({"sample", "run", "--out", "x.png"}).exit_code, 0);
  EXPECT_THAT(names(), ElementsAre("run", "x.png", "x.png.tmp-elsewhere-1"));
}

TEST_F(UnfinishedOutputTest, AHangUpThatIsIgnoredEndsNothing) {
  train("run", 1, {"train.steps=1"});
  RunningProgram program(sample_, {.working_folder = folder_.path(), .prefix = {"nohup"}});
  program.wait_until("a temporary file", [&] { return names().size() == 2; });
  program.send_signal(SIGHUP);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(names(), ElementsAre("run", "x.png"));
}

}  // namespace
}  // namespace ganymede
