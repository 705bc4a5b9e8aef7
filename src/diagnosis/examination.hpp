// All that `doctor` looks at, on all ranks of a job.
#pragma once

#include "diagnosis/finding.hpp"
#include "session/training_setup.hpp"

namespace ganymede {

struct ExaminationArguments {
  RecipeArguments from;  // the recipe's name may be empty
  std::string run;       // empty: a new one below runs/
  std::string program_version;
};

// The same on all ranks. Collective; nothing else has communicated. A mistake in the recipe is an
// AgreedError.
std::vector<Finding> examine(const ExaminationArguments& arguments, Communicator& communicator);

}  // namespace ganymede
