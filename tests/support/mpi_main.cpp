#include "tests/support/mpi_tests.hpp"

int main(int argc, char** argv) {
  return ganymede::run_mpi_tests(argc, argv);
}
