// This rank's end of an NCCL communicator, with a stream of its own. Nothing here waits without a limit: what
// fails or takes too long aborts the communicator, which ends what is under way on this rank's device; from
// then on every call throws.
#pragma once

#include <nccl.h>

#include <functional>
#include <optional>
#include <string>

#include "distributed/communicator.hpp"
#include "distributed/nccl/device_stream.hpp"

namespace ganymede {

class NcclConnection {
 public:
  // Over the ranks of the communicator, by the device that `choose_device` makes current. Where any of them
  // is not ready or not connected in time, all throw AgreedError. Collective.
  NcclConnection(Communicator& communicator, const std::function<void()>& choose_device,
                 double timeout_seconds);
  // Ends it in order, where it works and no error is under way. Collective then.
  ~NcclConnection();
  NcclConnection(const NcclConnection&) = delete;
  NcclConnection& operator=(const NcclConnection&) = delete;

  // Queues up what `calls` asks of NCCL, as one group, behind what `compute` has by now. `calls` gives the
  // first bad result of what it called and does not throw. `what` is for errors: "the sum of ...".
  // Collective.
  using Calls = std::function<ncclResult_t(ncclComm_t, cudaStream_t)>;
  void enqueue(cudaStream_t compute, std::string what, const Calls& calls);
  // What `compute` gets from now on waits for all that was queued up. Throws what went wrong so far.
  void join(cudaStream_t compute);
  // Returns when the device has done all that was queued up, here and, where it is given, in `compute`.
  void wait(std::optional<cudaStream_t> compute = std::nullopt);

  // Ends what is under way; harmless when repeated.
  void abort(const std::string& reason) noexcept;

 private:
  void connect(const ncclUniqueId& id);
  void finish_in_order() noexcept;
  // Until NCCL has taken in the last call, or the time is over.
  void settle(const std::string& what);
  // Throws what NCCL has to say against the communicator; else whether it is still busy with a call.
  bool in_progress(const std::string& what);
  void check(ncclResult_t result, const std::string& what);
  [[noreturn]] void fail(const std::string& what, const std::string& reason);
  void require_whole() const;

  const int rank_, size_;
  const double timeout_seconds_;
  std::optional<DeviceStream> stream_;
  std::optional<DeviceEvent> addends_written_, done_;
  ncclComm_t nccl_ = nullptr;
  std::string last_;     // that was queued up
  std::string failure_;  // the first
};

}  // namespace ganymede
