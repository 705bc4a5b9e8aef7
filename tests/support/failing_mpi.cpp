// Stands in front of MPI where LD_PRELOAD names it: the function that FAIL_MPI names fails.
#include <dlfcn.h>
#include <mpi.h>

#include <cstdlib>
#include <string_view>

namespace {

bool fails(std::string_view function) {
  const char* named = std::getenv("FAIL_MPI");
  return named != nullptr && function == named;
}

template <typename Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int MPI_Init_thread(int* argc, char*** argv, int required, int* provided) {
  if (fails("MPI_Init_thread")) return MPI_ERR_OTHER;
  return original<decltype(MPI_Init_thread)>("MPI_Init_thread")(argc, argv, required, provided);
}

int MPI_Comm_split_type(MPI_Comm comm, int type, int key, MPI_Info info, MPI_Comm* made) {
  if (fails("MPI_Comm_split_type")) return MPI_ERR_OTHER;
  return original<decltype(MPI_Comm_split_type)>("MPI_Comm_split_type")(comm, type, key, info, made);
}
}
