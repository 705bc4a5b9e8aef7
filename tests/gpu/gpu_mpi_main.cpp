#include "tests/gpu/gpu_presence.hpp"
#include "tests/support/mpi_tests.hpp"

int main(int argc, char** argv) {
  if (const auto code = ganymede::exit_code_without_gpu()) return *code;
  return ganymede::run_mpi_tests(argc, argv);
}
