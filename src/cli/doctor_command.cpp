#include <algorithm>
#include <cstdio>

#include "base/counted.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/recipe_options.hpp"
#include "diagnosis/examination.hpp"
#include "distributed/agreement.hpp"

namespace ganymede {
namespace {

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::warning:
      return "warning";
    case Verdict::problem:
      return "PROBLEM";
  }
  throw Error("unknown verdict");
}

// The worst last, where the eye is when the command has ended.
void print(std::vector<Finding> findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.verdict < b.verdict; });
  std::size_t width = 0;
  for (const Finding& finding : findings) width = std::max(width, finding.subject.size());
  for (const Finding& finding : findings)
    std::puts(fmt::format("{:<8} {:<{}}  {}{}{}", name_of(finding.verdict), finding.subject, width,
                          finding.found, finding.advice.empty() ? "" : ". To do: ", finding.advice)
                  .c_str());
  std::fflush(stdout);
}

ExitCode run_doctor(const ExaminationArguments& arguments, Communicator& communicator) {
  const std::vector<Finding> findings = examine(arguments, communicator);
  if (communicator.rank() == 0) print(findings);
  const auto problems = std::count_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.verdict == Verdict::problem;
  });
  if (problems > 0) throw AgreedError(fmt::format("doctor found {}", counted(problems, "problem")));
  return ExitCode::success;
}

}  // namespace

void add_doctor_command(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ExaminationArguments>();
  arguments->program_version = app.version();
  CLI::App* command =
      app.add_subcommand("doctor", "Look whether the hosts are ready; under mpirun, at all its ranks");
  add_recipe_options(*command, arguments->from);
  expect_path(command->add_option("--run", arguments->run, "Folder of the run to come [runs/<recipe>-<n>]"))
      ->type_name("DIR");
  command->footer(
      "Takes the words of `train`: with a recipe it looks at the data, too, on every host. Leaves nothing "
      "behind.\n"
      "PROBLEM: a run fails, or crawls; warning: it works, but slower or less well than it could. Exit code "
      "1 "
      "with a problem.\n"
      "Example: mpirun -n 2 ganymede doctor dcgan --run runs/first");
  command->callback([&action, arguments] {
    action = [arguments](Communicator* communicator) { return run_doctor(*arguments, *communicator); };
  });
}

}  // namespace ganymede
