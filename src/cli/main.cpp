// Parses the command, runs it, and turns an error into one line and an exit code.
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "base/failure.hpp"
#include "base/logging.hpp"
#include "base/nearest_word.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/terminal.hpp"
#include "distributed/agreement.hpp"
#include "distributed/gathering.hpp"
#include "distributed/launcher.hpp"
#include "distributed/mpi/mpi_session.hpp"
#include "kernels/form.hpp"
#include "storage/unfinished_path.hpp"
#include "training/stop_request.hpp"

namespace ganymede {
namespace {

// An error that only this rank knows of: the others are told by ending the job.
int fail_alone(Communicator* communicator, const std::string& message, ExitCode code) {
  if (!communicator || communicator->size() == 1) {
    print_error(message);
    return static_cast<int>(code);
  }
  print_error(fmt::format("rank {}: {}", communicator->rank(), message));
  abort_job(static_cast<int>(code));
}

// The first word that should be a command and is none, with what it may have meant; "" if there is no such.
std::string describe_unknown_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* level = &app;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    std::vector<std::string> names;
    for (const CLI::App* command : level->get_subcommands({})) names.push_back(command->get_name());
    const bool takes_words =
        !level->get_options([](const CLI::Option* o) { return o->get_positional(); }).empty();
    if (names.empty() || takes_words) return "";
    if (std::find(names.begin(), names.end(), argv[i]) == names.end())
      return fmt::format("unknown command {}; {}", argv[i], suggest(argv[i], names));
    level = level->get_subcommand(argv[i]);
  }
  return "";
}

// Ranks on other hosts have an environment of their own. Collective.
void check_environment(Communicator& communicator) {
  std::string kernels;
  agree(communicator, [&] { kernels = chosen_kernels(); });
  if (const auto differing = find_other_text(communicator, kernels))
    throw AgreedError(
        fmt::format("GANYMEDE_KERNELS is {} at rank 0 and {} at rank {}; expected the same everywhere: pass "
                    "it on with mpirun -x GANYMEDE_KERNELS, or unset it on all hosts",
                    differing->of_first, differing->other, differing->rank),
        ExitCode::user_error);
}

int run(int argc, char** argv, Communicator* communicator) {
  const bool speaks = !communicator || communicator->rank() == 0;
  start_console_log(communicator ? communicator->rank() : 0);

  CLI::App app{"Ganymede trains generative adversarial networks on many nodes.", "ganymede"};
  app.require_subcommand(1);
  app.set_version_flag("--version", GANYMEDE_VERSION);
  app.footer(
      "Exit codes: 0 success, 2 a mistake in the command or recipe, 3 bad data, 4 communication failed,\n"
      "75 stopped on request (run the same command with --resume).");
  Action action;
  add_train_command(app, action);
  add_sample_command(app, action);
  add_evaluate_command(app, action);
  add_bench_command(app, action);
  add_checkpoint_command(app, action);
  add_dataset_command(app, action);
  add_recipe_command(app, action);
  add_doctor_command(app, action);
  try {
    std::vector<std::string> words = separate_overrides(argc, argv);
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    app.parse(std::move(words));
  } catch (const CLI::Success& help_or_version) {
    return speaks ? app.exit(help_or_version) : 0;
  } catch (const CLI::ParseError& error) {
    const std::string unknown = describe_unknown_command(app, argc, argv);
    if (speaks)
      print_error(fmt::format("{}; `ganymede --help` explains the commands",
                              unknown.empty() ? error.what() : unknown));
    return static_cast<int>(ExitCode::user_error);
  }

  try {
    // doctor says so itself.
    if (communicator && !app.got_subcommand("doctor"))
      check_launcher(communicator->size(), environment_variable);
    if (communicator)
      check_environment(*communicator);
    else
      chosen_kernels();
    return static_cast<int>(action(communicator));
  } catch (const AgreedError& error) {
    if (speaks) print_error(error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    const Failure failure = describe_failure(error);
    return fail_alone(communicator, failure.message, failure.code);
  }
}

// A closed standard stream would lend its number to the next file that is opened, and what is printed would
// end up in there. This way it cannot be written.
void occupy_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0) return;
}

// The exit code, once everything that was printed has arrived: behind a redirection to a full disk a success
// must not look like one.
int finish_output(int code) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  print_error(fmt::format("standard output: {}; part of what was printed is lost",
                          errno == 0 ? "a write failed" : std::strerror(errno)));
  return code == 0 ? static_cast<int>(ExitCode::failure) : code;
}

int run_with_mpi(int argc, char** argv) {
  std::optional<MpiSession> session;
  try {
    session.emplace(argc, argv, print_error);
  } catch (const std::exception& error) {
    print_error(describe_failure(error).message);
    return static_cast<int>(ExitCode::communication_error);
  }
  std::unique_ptr<Communicator> communicator;
  try {
    communicator = session->make_communicator();
  } catch (const std::exception& error) {
    print_error(describe_failure(error).message);
    abort_job(static_cast<int>(ExitCode::communication_error));
  }
  return run(argc, argv, communicator.get());
}

bool has_option(std::string_view option, int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [&](std::string_view word) {
    return word.starts_with(option) && (word.size() == option.size() || word[option.size()] == '=');
  });
}

bool asks_for_one_thread(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i], next = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--threads=1" || (word == "--threads" && next == "1")) return true;
  }
  return false;
}

// Threads that wait for one another first spin for milliseconds, by libgomp's default, and keep the one that
// they wait for from a core where another program runs, too. libgomp has read its settings before main, so
// they take a new start.
void start_again_with_short_spins(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") || std::getenv("OMP_WAIT_POLICY")) return;
  setenv("GOMP_SPINCOUNT", "1000", 1);  // some ten microseconds
  execv("/proc/self/exe", argv);        // where that is impossible, all goes on as it is
}

}  // namespace
}  // namespace ganymede

int main(int argc, char** argv) {
  ganymede::occupy_closed_streams();
  // The other commands work on a login node where MPI may not start.
  const std::string_view command = argc > 1 ? argv[1] : "";
  const bool stages = command == "dataset" && argc > 2 && argv[2] == std::string_view("stage");
  const bool trains = command == "train",
             computes_long = trains || command == "bench" || command == "evaluate";
  const bool starts_mpi = trains ? !ganymede::has_option("--threads-as-ranks", argc, argv)
                                 : command == "bench" || command == "doctor" || stages;
  if (computes_long && !ganymede::asks_for_one_thread(argc, argv))
    ganymede::start_again_with_short_spins(argv);
  if (trains || stages) ganymede::catch_stop_signals();
  if (!starts_mpi && !trains) ganymede::remove_unfinished_at_signals();
  // Every step needs the memory of the last one again: glibc shall not give it back in between.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  return ganymede::finish_output(starts_mpi ? ganymede::run_with_mpi(argc, argv)
                                            : ganymede::run(argc, argv, nullptr));
}
