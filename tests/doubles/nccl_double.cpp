// Each collective is an exchange of everything with everybody; each rank then makes its result of that. A
// call is taken in only after NCCL has been asked for its state a few times, as one that does not block may
// be.
#include <mpi.h>
#include <nccl.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "tests/doubles/accelerator_double.hpp"
#include "tests/doubles/accelerator_recording.hpp"
#include "tests/doubles/device_double_parts.hpp"

using ganymede::doubles::device;

namespace {

constexpr int kLooksUntilTakenIn = 3;
constexpr int kTagsOfCommunicator = 4096;

struct Operation {
  std::string name;
  const void* sent;
  void* received;
  std::size_t count;  // sent by each rank
  ncclDataType_t type;
  // Of what all ranks sent, [rank].
  std::function<void(const std::vector<std::vector<std::byte>>&)> combine;
  cudaStream_t stream;
};

std::size_t size_of(ncclDataType_t type) {
  return type == ncclFloat32 ? sizeof(float) : 8;
}

}  // namespace

struct ncclComm {
  ncclComm(int its_number, int its_rank, int its_size) : number(its_number), rank(its_rank), size(its_size) {}

  const int number, rank, size;
  ncclResult_t state = ncclInProgress;
  int looks = 0;  // at the state, since the last call
  bool connected = false, finalized = false, aborted = false;
  std::thread connecting;
  int messages = 0;  // their tags
  int collectives = 0, under_way = 0;
  std::vector<Operation> asked_for;  // not yet taken in
};

namespace {

thread_local int group_depth = 0;
thread_local ncclComm_t group_communicator = nullptr;

void note(std::string call) {
  const std::scoped_lock lock(device().mutex);
  device().log.push_back(std::move(call));
}

bool is_aborted(const ncclComm& communicator) {
  const std::scoped_lock lock(device().mutex);
  return communicator.aborted;
}

// What each rank sent, [rank]; empty where it was aborted before. Messages that nobody came for stay behind:
// their tags are used once.
std::vector<std::vector<std::byte>> exchange(ncclComm& communicator, const void* sent, std::size_t bytes) {
  struct Mail {
    std::vector<std::byte> sent;
    std::vector<std::vector<std::byte>> received;
    std::vector<MPI_Request> requests;
  };
  auto mail = std::make_unique<Mail>();
  const std::byte* begin = ganymede::at_hand(sent);
  mail->sent.assign(begin, begin + bytes);
  const int tag = communicator.number * kTagsOfCommunicator + communicator.messages++;
  for (int rank = 0; rank < communicator.size; ++rank) {
    auto& from = mail->received.emplace_back(bytes);
    MPI_Irecv(from.data(), static_cast<int>(bytes), MPI_BYTE, rank, tag, MPI_COMM_WORLD,
              &mail->requests.emplace_back());
    MPI_Isend(mail->sent.data(), static_cast<int>(bytes), MPI_BYTE, rank, tag, MPI_COMM_WORLD,
              &mail->requests.emplace_back());
  }
  for (int done = 0; !done; usleep(20)) {
    if (is_aborted(communicator)) {
      (void)mail.release();  // MPI may still write there
      return {};
    }
    MPI_Testall(static_cast<int>(mail->requests.size()), mail->requests.data(), &done, MPI_STATUSES_IGNORE);
  }
  return std::move(mail->received);
}

void perform(ncclComm& communicator, const Operation& operation) {
  {
    std::unique_lock lock(device().mutex);
    if (communicator.collectives++ == device().faults.error_after) {
      communicator.state = ncclRemoteError;
      device().changed.wait(lock, [&] { return communicator.aborted; });
    }
  }
  const auto all = exchange(communicator, operation.sent, operation.count * size_of(operation.type));
  if (!all.empty()) operation.combine(all);
  const std::scoped_lock lock(device().mutex);
  --communicator.under_way;
  device().changed.notify_all();
}

void begin(ncclComm& communicator, const Operation& operation) {
  {
    const std::scoped_lock lock(device().mutex);
    ++communicator.under_way;
  }
  operation.stream->add([&communicator, operation] { perform(communicator, operation); });
}

// Calls that were taken in go to their streams, or to the recording of what streams will be given.
void take_in(ncclComm& communicator) {
  std::vector<Operation> taken;
  {
    const std::scoped_lock lock(device().mutex);
    taken = std::exchange(communicator.asked_for, {});
  }
  for (const Operation& operation : taken)
    if (auto* recording = ganymede::accelerator_recording())
      recording->note([&communicator, operation] { begin(communicator, operation); });
    else
      begin(communicator, operation);
}

ncclResult_t ask(ncclComm_t communicator, Operation operation) {
  note(operation.name + " " + std::to_string(operation.count));
  const std::scoped_lock lock(device().mutex);
  if (group_depth == 0 || communicator->state != ncclSuccess || communicator->finalized)
    return ncclInvalidUsage;
  group_communicator = communicator;
  communicator->asked_for.push_back(std::move(operation));
  return ncclSuccess;
}

template <typename T>
void sum_into(void* out, const std::vector<std::vector<std::byte>>& all, std::size_t begin,
              std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    T sum = 0;
    for (const auto& of_rank : all) {
      T addend;
      std::memcpy(&addend, of_rank.data() + (begin + i) * sizeof(T), sizeof(T));
      sum += addend;
    }
    std::memcpy(ganymede::at_hand(out) + i * sizeof(T), &sum, sizeof(T));
  }
}

void sum_of(ncclDataType_t type, void* out, const std::vector<std::vector<std::byte>>& all, std::size_t begin,
            std::size_t count) {
  type == ncclFloat32   ? sum_into<float>(out, all, begin, count)
  : type == ncclFloat64 ? sum_into<double>(out, all, begin, count)
                        : sum_into<std::int64_t>(out, all, begin, count);
}

void free_communicator(ncclComm_t communicator) {
  if (communicator->connecting.joinable()) communicator->connecting.join();
  delete communicator;
  const std::scoped_lock lock(device().mutex);
  --device().living.communicators;
}

}  // namespace

extern "C" {

const char* ncclGetErrorString(ncclResult_t) {
  return "an error of the double";
}

const char* ncclGetLastError(ncclComm_t) {
  return "as a test wants it";
}

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  static int number = 0;
  note("ncclGetUniqueId");
  ++number;
  std::memcpy(id->internal, &number, sizeof number);
  return ncclSuccess;
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t* made, int size, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
  note("ncclCommInitRankConfig");
  bool connects = true;
  {
    const std::scoped_lock lock(device().mutex);
    if (device().faults.init_refused || config->blocking != 0) return ncclInvalidArgument;
    connects = !device().faults.never_connected;
    ++device().living.communicators;
  }
  int number = 0;
  std::memcpy(&number, id.internal, sizeof number);
  ncclComm_t communicator = *made = new ncclComm{number, rank, size};
  if (connects)
    communicator->connecting = std::thread([communicator] {
      const bool all_here = !exchange(*communicator, "h", 1).empty();
      const std::scoped_lock lock(device().mutex);
      communicator->connected = all_here;
    });
  return ncclInProgress;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t communicator, ncclResult_t* state) {
  std::unique_lock lock(device().mutex);
  *state = communicator->state;
  if (*state != ncclInProgress || !communicator->connected || ++communicator->looks < kLooksUntilTakenIn ||
      (communicator->finalized && communicator->under_way > 0))
    return ncclSuccess;
  lock.unlock();
  take_in(*communicator);
  lock.lock();
  if (communicator->state == ncclInProgress) communicator->state = ncclSuccess;
  *state = communicator->state;
  return ncclSuccess;
}

ncclResult_t ncclGroupStart() {
  note("ncclGroupStart");
  ++group_depth;
  return ncclSuccess;
}

ncclResult_t ncclGroupEnd() {
  note("ncclGroupEnd");
  if (--group_depth > 0) return ncclSuccess;
  const ncclComm_t communicator = std::exchange(group_communicator, nullptr);
  if (!communicator) return ncclSuccess;
  const std::scoped_lock lock(device().mutex);
  communicator->state = ncclInProgress;
  communicator->looks = 0;
  return ncclInProgress;
}

ncclResult_t ncclAllReduce(const void* sent, void* received, std::size_t count, ncclDataType_t type,
                           ncclRedOp_t, ncclComm_t communicator, cudaStream_t stream) {
  return ask(communicator, {"ncclAllReduce", sent, received, count, type,
                            [=](const auto& all) { sum_of(type, received, all, 0, count); }, stream});
}

ncclResult_t ncclReduceScatter(const void* sent, void* received, std::size_t count, ncclDataType_t type,
                               ncclRedOp_t, ncclComm_t communicator, cudaStream_t stream) {
  const auto rank = static_cast<std::size_t>(communicator->rank),
             size = static_cast<std::size_t>(communicator->size);
  return ask(communicator,
             {"ncclReduceScatter", sent, received, count * size, type,
              [=](const auto& all) { sum_of(type, received, all, rank * count, count); }, stream});
}

ncclResult_t ncclAllGather(const void* sent, void* received, std::size_t count, ncclDataType_t type,
                           ncclComm_t communicator, cudaStream_t stream) {
  const auto gather = [=](const std::vector<std::vector<std::byte>>& all) {
    for (std::size_t rank = 0; rank < all.size(); ++rank)
      std::memcpy(ganymede::at_hand(received) + rank * all[rank].size(), all[rank].data(), all[rank].size());
  };
  return ask(communicator, {"ncclAllGather", sent, received, count, type, gather, stream});
}

ncclResult_t ncclBroadcast(const void* sent, void* received, std::size_t count, ncclDataType_t type, int root,
                           ncclComm_t communicator, cudaStream_t stream) {
  const auto take = [=](const std::vector<std::vector<std::byte>>& all) {
    std::memcpy(ganymede::at_hand(received), all[static_cast<std::size_t>(root)].data(), all.front().size());
  };
  return ask(communicator, {"ncclBroadcast", sent, received, count, type, take, stream});
}

ncclResult_t ncclCommFinalize(ncclComm_t communicator) {
  note("ncclCommFinalize");
  const std::scoped_lock lock(device().mutex);
  if (communicator->state != ncclSuccess || communicator->finalized) return ncclInvalidUsage;
  communicator->finalized = true;
  communicator->state = ncclInProgress;
  communicator->looks = 0;
  return ncclInProgress;
}

ncclResult_t ncclCommDestroy(ncclComm_t communicator) {
  note("ncclCommDestroy");
  if (!communicator->finalized || communicator->state != ncclSuccess) return ncclInvalidUsage;
  free_communicator(communicator);
  return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t communicator) {
  note("ncclCommAbort");
  {
    std::unique_lock lock(device().mutex);
    communicator->aborted = true;
    device().changed.notify_all();
    device().changed.wait(lock, [&] { return communicator->under_way == 0; });
  }
  free_communicator(communicator);
  return ncclSuccess;
}

}  // extern "C"
