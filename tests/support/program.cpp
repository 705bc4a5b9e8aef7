#include "tests/support/program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <thread>

namespace ganymede {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = "GANYMEDE_TEST_RUN";  // tells the processes of one run from all others
constexpr auto kPoll = std::chrono::milliseconds(5);
constexpr double kSecondsToVanish = 5;  // for processes that mpirun has already reported as ended

std::vector<std::string> command_line(const std::vector<std::string>& arguments,
                                      const ProgramOptions& options) {
  std::vector<std::string> command = options.prefix;
  if (options.ranks > 0)
    command.insert(command.end(), {GANYMEDE_MPIRUN, "-q", "-n", std::to_string(options.ranks),
                                   "--oversubscribe", "--mca", "mpi_yield_when_idle", "1", "--mca",
                                   "odls_base_sigkill_timeout", std::to_string(options.grace_seconds)});
  command.emplace_back(options.program.empty() ? GANYMEDE_PROGRAM : options.program);
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

// This process's environment without what would change how the program runs or finds things.
std::vector<std::string> environment_of(const ProgramOptions& options, const std::string& mark,
                                        const fs::path& outputs) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const auto begins = [&](std::string_view prefix) { return text.starts_with(prefix); };
    if (!begins("GANYMEDE_") && !begins("XDG_CACHE_HOME=") && !begins("HDF5_") && !begins("OMPI_") &&
        !begins("PMIX_") && !begins("OMP_") && !begins("PMI_") && !begins("SLURM_"))
      variables.emplace_back(text);
  }
  variables.emplace_back("OMPI_ALLOW_RUN_AS_ROOT=1");
  variables.emplace_back("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1");
  // mpirun's event library would complain now and then of what ended before it looked.
  variables.emplace_back("EVENT_NOEPOLL=1");
  // What a run remembers shall not reach the next test, nor the user's own cache.
  variables.push_back("XDG_CACHE_HOME=" + outputs.string());
  variables.push_back(mark);
  for (const auto& [name, value] : options.environment) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Between fork and exec: only calls that are safe there. Never returns.
[[noreturn]] void become(char** command, char** environment, const char* folder, int output, int errors) {
  setpgid(0, 0);
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT})
    ::signal(signal, SIG_DFL);  // nohup and & leave them ignored
  const int input = open("/dev/null", O_RDONLY);
  if (*folder != '\0' && chdir(folder) != 0) _exit(126);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  execvpe(command[0], command, environment);
  _exit(127);
}

// mpirun gives its ranks a pseudo-terminal, which ends lines with "\r\n". Open MPI says "[host:pid] Read -1,
// expected 8896, errno = 3" in a job that is ended where one rank is gone before another has read its memory.
std::string read_plain(const fs::path& file) {
  std::string text = read_text(file);
  std::erase(text, '\r');
  for (std::size_t at; (at = text.find("] Read -1, expected ")) != std::string::npos;) {
    const std::size_t begin = text.rfind('\n', at) + 1, end = text.find('\n', at);
    text.erase(begin, end == std::string::npos ? end : end + 1 - begin);
  }
  return text;
}

// Whether the environment of a process has this variable with this value. Of a zombie it is empty.
bool has_variable(pid_t process, const std::string& variable) {
  const std::string environment = '\0' + read_text(fs::path("/proc") / std::to_string(process) / "environ");
  return environment.find('\0' + variable + '\0') != std::string::npos;
}

// A line of /proc/<process>/status, "" if there is none.
std::string status_of(pid_t process, const std::string& name) {
  std::istringstream lines(read_text(fs::path("/proc") / std::to_string(process) / "status"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  return "";
}

bool has_handler(pid_t process, int signal) {
  const std::string mask = status_of(process, "SigCgt");
  return !mask.empty() && (std::stoull(mask, nullptr, 16) >> (signal - 1) & 1) != 0;
}

}  // namespace

std::vector<std::string> ProgramResult::lines() const {
  std::vector<std::string> lines;
  for (const std::string& text : {output, errors}) {
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
  }
  return lines;
}

std::string ProgramResult::describe() const {
  return "exit code " + std::to_string(exit_code) + " after " + std::to_string(seconds) + " s\noutput:\n" +
         output + "errors:\n" + errors;
}

RunningProgram::RunningProgram(const std::vector<std::string>& arguments, const ProgramOptions& options)
    : limit_seconds_(options.limit_seconds) {
  static int runs = 0;
  mark_ = std::string(kMark) + "=" + std::to_string(getpid()) + "-" + std::to_string(++runs);
  std::vector<std::string> command = command_line(arguments, options);
  for (const std::string& word : command) command_ += word + " ";
  std::vector<std::string> environment = environment_of(options, mark_, outputs_.path());
  const std::vector<char*> command_pointers = pointers_to(command);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  const auto create = [&](const char* name) {
    return open((outputs_ / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  };
  const int kept = create("output"), errors = create("errors");
  const int output = options.output.empty() ? kept : open(options.output.c_str(), O_WRONLY | O_CLOEXEC);
  process_ = fork();
  if (process_ == 0)
    become(const_cast<char**>(command_pointers.data()), const_cast<char**>(environment_pointers.data()),
           options.working_folder.c_str(), output, errors);
  close(kept);
  if (output != kept) close(output);
  close(errors);
  if (process_ < 0) throw std::runtime_error("cannot start " + command_);
}

RunningProgram::~RunningProgram() {
  if (!has_ended()) kill_all();
}

double RunningProgram::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

bool RunningProgram::has_ended() {
  if (exit_code_) return true;
  int status = 0;
  if (waitpid(process_, &status, WNOHANG) != process_) return false;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

std::vector<pid_t> RunningProgram::processes() const {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; }))
      continue;
    const auto process = static_cast<pid_t>(std::stol(name));
    if (has_variable(process, mark_)) found.push_back(process);
  }
  return found;
}

// mpirun puts each rank into a process group of its own: the mark finds them all.
void RunningProgram::kill_all() const {
  if (!exit_code_) ::kill(-process_, SIGKILL);
  for (const pid_t process : processes()) ::kill(process, SIGKILL);
  if (!exit_code_) waitpid(process_, nullptr, 0);
}

void RunningProgram::send_signal(int signal) const {
  ::kill(process_, signal);
}

std::optional<pid_t> RunningProgram::process_of_rank(int rank) const {
  for (const pid_t process : processes())
    if (has_variable(process, "OMPI_COMM_WORLD_RANK=" + std::to_string(rank))) return process;
  return std::nullopt;
}

void RunningProgram::send_signal_to_rank(int rank, int signal) const {
  if (const auto process = process_of_rank(rank))
    ::kill(*process, signal);
  else
    ADD_FAILURE() << "no process of rank " << rank << " of " << command_;
}

void RunningProgram::send_signal_to_inner_mpirun(int signal) const {
  for (const pid_t process : processes())
    if (process != process_ && status_of(process, "PPid") == std::to_string(process_)) {
      ::kill(process, signal);
      return;
    }
  ADD_FAILURE() << "no mpirun of " << command_;
}

bool RunningProgram::catches(int signal) const {
  const pid_t process = process_of_rank(0).value_or(process_);
  if (status_of(process, "Name") != "ganymede") return false;  // mpirun, or a rank that is still one
  return has_handler(process, signal);
}

bool RunningProgram::is_prepared_for(int signal) const {
  return has_handler(process_, signal);
}

std::string RunningProgram::errors() const {
  return read_plain(outputs_ / "errors");
}

void RunningProgram::wait_until(const std::string& what, const std::function<bool()>& condition) {
  while (!condition()) {
    if (has_ended() || seconds() > limit_seconds_) {
      ADD_FAILURE() << (has_ended() ? "ended" : "still ran") << " after " << seconds() << " s without "
                    << what << ": " << command_ << "\n"
                    << read_plain(outputs_ / "output") << errors();
      return;
    }
    std::this_thread::sleep_for(kPoll);
  }
}

ProgramResult RunningProgram::wait() {
  while (!has_ended()) {
    if (seconds() > limit_seconds_) {
      kill_all();
      exit_code_ = 128 + SIGKILL;
      ADD_FAILURE() << "killed after " << seconds() << " s: " << command_;
    }
    std::this_thread::sleep_for(kPoll);
  }
  const ProgramResult result{.exit_code = *exit_code_,
                             .output = read_plain(outputs_ / "output"),
                             .errors = errors(),
                             .seconds = seconds()};
  std::vector<pid_t> left = processes();
  for (const double end = seconds(); !left.empty() && seconds() - end < kSecondsToVanish; left = processes())
    std::this_thread::sleep_for(kPoll);
  if (!left.empty()) {
    ADD_FAILURE() << left.size() << " processes outlive " << command_;
    kill_all();
  }
  return result;
}

ProgramResult run_program(const std::vector<std::string>& arguments, const ProgramOptions& options) {
  return RunningProgram(arguments, options).wait();
}

}  // namespace ganymede
