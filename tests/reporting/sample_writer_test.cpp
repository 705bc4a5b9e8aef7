// The pictures and texts of a run that goes on from an earlier step.
#include "reporting/sample_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/folder_snapshot.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

TEST(SampleWriters, RemoveWhatComesAfterTheResumedStepAndNothingElse) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "samples" / "step_00000030.png");  // no picture
  for (const char* name : {"step_00000010.png", "step_00000020.png", "step_00000020.txt", "step_00000021.png",
                           "step_100000000.txt", "step_00000030.png.bak", "step_30.png", "best.png",
                           "step_00000010.png.tmp-host-77"})
    write_text(folder / "samples" / name, name);
  const SampleWriter writer(RunFolder(folder.path()), {.kind = SampleForm::Kind::pictures}, 20);
  EXPECT_EQ(list_names(folder / "samples"),
            "best.png\nstep_00000010.png\nstep_00000020.png\nstep_00000020.txt\nstep_00000030.png\nstep_"
            "00000030.png.bak\nstep_30.png\n");
}

}  // namespace
}  // namespace ganymede
