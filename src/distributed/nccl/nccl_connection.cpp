#include "distributed/nccl/nccl_connection.hpp"

#include <cstdlib>
#include <cstring>
#include <exception>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "distributed/agreement.hpp"
#include "distributed/waiting.hpp"

namespace ganymede {
namespace {

// Looks until ready() or the time is over; whether it was ready.
template <typename Ready>
bool wait_at_most(double seconds, Ready ready) {
  constexpr timespec kSleep{.tv_sec = 0, .tv_nsec = 50'000};
  if (spin_until(ready)) return true;
  const Stopwatch stopwatch;
  while (!ready()) {
    if (stopwatch.seconds() > seconds) return false;
    nanosleep(&kSleep, nullptr);
  }
  return true;
}

}  // namespace

NcclConnection::NcclConnection(Communicator& communicator, const std::function<void()>& choose_device,
                               double timeout_seconds)
    : rank_(communicator.rank()), size_(communicator.size()), timeout_seconds_(timeout_seconds) {
  // NCCL would have ranks tell each other of their buffers while a step is recorded (StepGraphs), and wait
  // for one that gives up.
  setenv("NCCL_GRAPH_REGISTER", "0", /*replace=*/0);
  ncclUniqueId id{};
  // NCCL waits for all ranks: none begins before all can.
  agree(communicator, [&] {
    choose_device();
    stream_.emplace();
    addends_written_.emplace();
    done_.emplace();
    if (rank_ == 0) check(ncclGetUniqueId(&id), "ncclGetUniqueId");
  });
  const at::Tensor bytes = at::from_blob(id.internal, {sizeof id.internal}, at::kByte);
  communicator.broadcast_(bytes);
  try {
    agree(communicator, [&] { connect(id); });
  } catch (...) {
    abort("the ranks were not connected");
    throw;
  }
}

NcclConnection::~NcclConnection() {
  if (std::uncaught_exceptions() > 0) abort("an error is under way");
  if (nccl_) finish_in_order();
}

void NcclConnection::connect(const ncclUniqueId& id) {
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  const std::string what = fmt::format("connecting {} ranks by NCCL", size_);
  check(ncclCommInitRankConfig(&nccl_, size_, id, rank_, &config), what);
  settle(what);
}

void NcclConnection::finish_in_order() noexcept {
  try {
    wait();
    check(ncclCommFinalize(nccl_), "ncclCommFinalize");
    settle("ncclCommFinalize");
    ncclCommDestroy(nccl_);
  } catch (const std::exception&) {
    abort("it could not be ended in order");
  }
}

void NcclConnection::enqueue(cudaStream_t compute, std::string what, const Calls& calls) {
  require_whole();
  last_ = std::move(what);
  addends_written_->record(compute);
  addends_written_->hold_up(stream_->get());
  check(ncclGroupStart(), "ncclGroupStart");
  const ncclResult_t asked = calls(nccl_, stream_->get()), ended = ncclGroupEnd();
  check(asked, last_);
  check(ended, last_);
  settle(last_);  // before that the stream need not have the work
  done_->record(stream_->get());
}

void NcclConnection::join(cudaStream_t compute) {
  require_whole();
  in_progress(last_);
  done_->hold_up(compute);
}

// By a place recorded now: the last one may be of a recording (StepGraphs), which is reached again and again.
void NcclConnection::wait(std::optional<cudaStream_t> compute) {
  require_whole();
  if (last_.empty()) return;
  if (compute) {
    addends_written_->record(*compute);
    addends_written_->hold_up(stream_->get());
  }
  done_->record(stream_->get());
  const bool done = wait_at_most(timeout_seconds_, [&] {
    in_progress(last_);
    return done_->reached();
  });
  if (!done) fail(last_, fmt::format("not done after {} s", timeout_seconds_));
}

void NcclConnection::settle(const std::string& what) {
  if (!wait_at_most(timeout_seconds_, [&] { return !in_progress(what); }))
    fail(what, fmt::format("not begun by all ranks after {} s", timeout_seconds_));
}

bool NcclConnection::in_progress(const std::string& what) {
  ncclResult_t state = ncclSuccess;
  check(ncclCommGetAsyncError(nccl_, &state), what);
  check(state, what);
  return state == ncclInProgress;
}

void NcclConnection::check(ncclResult_t result, const std::string& what) {
  if (result == ncclSuccess || result == ncclInProgress) return;
  fail(what, fmt::format("{} ({})", ncclGetErrorString(result), ncclGetLastError(nccl_)));
}

void NcclConnection::fail(const std::string& what, const std::string& reason) {
  const std::string failure = fmt::format("{} failed on rank {}: {}", what, rank_, reason);
  abort(failure);
  throw CommunicationError(
      fmt::format("{}; another rank may have ended or wait elsewhere: its log says, or NCCL with "
                  "NCCL_DEBUG=INFO in the environment",
                  failure));
}

void NcclConnection::abort(const std::string& reason) noexcept {
  if (!nccl_) return;
  failure_ = reason;
  ncclCommAbort(nccl_);
  nccl_ = nullptr;
}

void NcclConnection::require_whole() const {
  if (!nccl_)
    throw CommunicationError(
        fmt::format("rank {} exchanges no gradients any more by NCCL, since {}", rank_, failure_));
}

}  // namespace ganymede
