#include "training/checkpoint_saver.hpp"

#include <utility>

#include "base/failure.hpp"
#include "base/logging.hpp"
#include "base/trace.hpp"

namespace ganymede {
namespace {

Failure describe(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return describe_failure(error);
  } catch (...) {
    return {"something that is no exception was thrown"};
  }
}

}  // namespace

CheckpointSaver::CheckpointSaver(CheckpointStore& store, const TrainOptions& options)
    : store_(store),
      keep_(options.keep),
      on_failure_(options.on_checkpoint_failure),
      thread_([this] { write_until_stopped(); }) {}

CheckpointSaver::~CheckpointSaver() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void CheckpointSaver::on_report(const Report&) {
  tell_outcome(on_failure_);
}

void CheckpointSaver::on_checkpoint(const CheckpointInfo& info, const TrainingState& snapshot) {
  wait_for_the_last();
  tell_outcome(on_failure_);
  const std::scoped_lock lock(mutex_);
  job_ = Job{info, snapshot};
  step_ = info.step;
  changed_.notify_all();
}

void CheckpointSaver::on_divergence() {
  wait_for_the_last();
  tell_outcome(on_failure_);
}

void CheckpointSaver::on_end() {
  wait_for_the_last();
  tell_outcome(CheckpointFailure::stop);
}

void CheckpointSaver::wait_for_the_last() {
  std::unique_lock lock(mutex_);
  const TraceSpan span("wait_for_checkpoint", TraceCategory::wait, step_);
  changed_.wait(lock, [&] { return !job_; });
}

// The log is of the thread that trains.
void CheckpointSaver::tell_outcome(CheckpointFailure on_failure) {
  std::unique_lock lock(mutex_);
  const std::vector<std::string> remarks = std::exchange(remarks_, {});
  const std::exception_ptr failed = std::exchange(failure_, nullptr);
  const std::int64_t step = step_;
  lock.unlock();
  for (const std::string& remark : remarks) spdlog::warn("{}", remark);
  if (!failed) return;
  const Failure failure = describe(failed);
  const std::string message =
      fmt::format("the checkpoint of step {} could not be written: {}", step, failure.message);
  if (on_failure == CheckpointFailure::stop) throw Error(message, failure.code);
  spdlog::warn("{}; training goes on, and the next one is tried", message);
}

void CheckpointSaver::write_until_stopped() {
  const TracedThread traced(/*rank=*/0, "checkpoints");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || job_; });
    if (!job_) return;
    lock.unlock();
    write(*job_);  // nobody else touches it meanwhile
    lock.lock();
    job_.reset();
    changed_.notify_all();
  }
}

void CheckpointSaver::write(const Job& job) {
  const TraceSpan span("write_checkpoint", TraceCategory::reporting, job.info.step);
  std::vector<std::string> remarks;
  std::exception_ptr failure;
  try {
    remarks = store_.save(job.info, job.snapshot, keep_);
  } catch (...) {
    failure = std::current_exception();
  }
  const std::scoped_lock lock(mutex_);
  remarks_ = std::move(remarks);
  failure_ = std::move(failure);
}

}  // namespace ganymede
