// Runs the ganymede program as a user does, alone or under mpirun, and tells what it said and how it ended.
// A run that leaves a process behind, or takes too long, fails the test that started it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace ganymede {

struct ProgramOptions {
  int ranks = 0;                                        // 0: without mpirun
  std::string program = {};                             // ganymede when empty
  std::map<std::string, std::string> environment = {};  // in place of any GANYMEDE_* of this process
  std::filesystem::path working_folder = {};            // this process's own when empty
  std::filesystem::path output = {};                    // a file or device in place of ProgramResult::output
  std::vector<std::string> prefix = {};                 // a command that runs the one after it
  double limit_seconds = 60;
  int grace_seconds = 1;  // that mpirun waits for the other ranks when one has ended with an error
};

struct ProgramResult {
  int exit_code = 0;           // 128 + signal when a signal ended it
  std::string output, errors;  // with plain line ends
  double seconds = 0;

  // Lines of output and errors together.
  std::vector<std::string> lines() const;
  std::string describe() const;
};

class RunningProgram {
 public:
  RunningProgram(const std::vector<std::string>& arguments, const ProgramOptions& options);
  // Kills what still runs.
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  // To mpirun, or to the program where there is none.
  void send_signal(int signal) const;
  void send_signal_to_rank(int rank, int signal) const;
  // To the mpirun that the program, launch/mpirun, has started.
  void send_signal_to_inner_mpirun(int signal) const;
  // Whether the program, or a rank where it is mpirun, catches this signal by now.
  bool catches(int signal) const;
  // The same of what was started, whatever it is.
  bool is_prepared_for(int signal) const;

  // What it has said on standard error so far.
  std::string errors() const;

  // Polls until the condition holds; fails the test when the program ends before.
  void wait_until(const std::string& what, const std::function<bool()>& condition);

  // Waits for the end, and checks that no process of the run outlives it.
  ProgramResult wait();

 private:
  double seconds() const;
  bool has_ended();
  void kill_all() const;
  std::optional<pid_t> process_of_rank(int rank) const;
  std::vector<pid_t> processes() const;

  std::string command_, mark_;
  double limit_seconds_;
  TemporaryFolder outputs_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  pid_t process_ = 0;
  std::optional<int> exit_code_;
};

ProgramResult run_program(const std::vector<std::string>& arguments, const ProgramOptions& options = {});

}  // namespace ganymede
