#include "session/debugger.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "base/logging.hpp"
#include "storage/process_identity.hpp"
#include "training/stop_request.hpp"

namespace ganymede {
namespace {

bool is_traced() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("TracerPid:")) return line != "TracerPid:\t0";
  return false;
}

}  // namespace

void wait_for_debugger(int rank) {
  if (is_traced()) return;
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);  // else Yama lets only a parent attach
  std::fputs(fmt::format("ganymede: rank {} waits for a debugger: gdb -p {} on {}, then continue\n", rank,
                         getpid(), own_identity().host)
                 .c_str(),
             stderr);
  while (!is_traced() && !stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

}  // namespace ganymede
