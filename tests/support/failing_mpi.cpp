// Stands in front of MPI where LD_PRELOAD names it: FAIL_MPI=FUNCTION[:CALL:RANK:WAY] has a function fail, at
// the first call of every rank, or at that call (from 1) of that rank. WAY is "error", "stop" (as by
// SIGSTOP), "exit" (with code 0 and without a word) or "late" (five seconds).
#include <dlfcn.h>
#include <mpi.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <sstream>
#include <string>

namespace {

struct Fault {
  std::string function;
  int call = 1, rank = -1;
  std::string way = "error";
};

Fault fault_of_environment() {
  Fault fault;
  const char* named = std::getenv("FAIL_MPI");
  std::istringstream words(named != nullptr ? named : "");
  std::string call, rank;
  std::getline(words, fault.function, ':');
  if (std::getline(words, call, ':') && std::getline(words, rank, ':') && std::getline(words, fault.way)) {
    fault.call = std::stoi(call);
    fault.rank = std::stoi(rank);
  }
  return fault;
}

bool fails(const std::string& function) {
  static const Fault fault = fault_of_environment();
  static std::atomic<int> calls{0};
  if (function != fault.function || ++calls != fault.call) return false;
  const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
  if (fault.rank >= 0 && (rank == nullptr || std::stoi(rank) != fault.rank)) return false;
  if (fault.way == "stop") raise(SIGSTOP);
  if (fault.way == "exit") _exit(0);
  return fault.way == "error";
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

int MPI_Allreduce(const void* sent, void* received, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  if (fails("MPI_Allreduce")) return MPI_ERR_OTHER;
  return original<decltype(MPI_Allreduce)>("MPI_Allreduce")(sent, received, count, type, op, comm);
}

int MPI_Allgather(const void* sent, int sent_count, MPI_Datatype sent_type, void* received, int count,
                  MPI_Datatype type, MPI_Comm comm) {
  if (fails("MPI_Allgather")) return MPI_ERR_OTHER;
  return original<decltype(MPI_Allgather)>("MPI_Allgather")(sent, sent_count, sent_type, received, count,
                                                            type, comm);
}

int MPI_Isend(const void* sent, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
              MPI_Request* request) {
  if (fails("MPI_Isend")) return MPI_ERR_OTHER;
  return original<decltype(MPI_Isend)>("MPI_Isend")(sent, count, type, to, tag, comm, request);
}

int MPI_Barrier(MPI_Comm comm) {
  if (fails("MPI_Barrier")) return MPI_ERR_OTHER;
  return original<decltype(MPI_Barrier)>("MPI_Barrier")(comm);
}

int MPI_Finalize() {
  if (fails("MPI_Finalize")) return MPI_ERR_OTHER;
  return original<decltype(MPI_Finalize)>("MPI_Finalize")();
}
}
