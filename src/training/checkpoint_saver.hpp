// Leaves a checkpoint where training asks for one. A thread of its own writes it while training goes on, one
// at a time: who asks for the next one waits until it is on disk.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "training/checkpoint_store.hpp"
#include "training/run_listener.hpp"
#include "training/train_options.hpp"

namespace ganymede {

class CheckpointSaver final : public RunListener {
 public:
  // The store outlives it, and is nobody else's as long as it lives.
  CheckpointSaver(CheckpointStore& store, const TrainOptions& options);
  // Waits for what is being written.
  ~CheckpointSaver() override;
  CheckpointSaver(const CheckpointSaver&) = delete;
  CheckpointSaver& operator=(const CheckpointSaver&) = delete;

  bool is_essential() const override { return true; }
  // Each throws, or warns, where a checkpoint since the last call could not be written.
  void on_report(const Report&) override;
  void on_checkpoint(const CheckpointInfo& info, const TrainingState& snapshot) override;
  // The last checkpoint is on disk, or a warning where only that is asked for.
  void on_divergence() override;
  // The last checkpoint is on disk; throws in any case if it is not.
  void on_end() override;

 private:
  struct Job {
    CheckpointInfo info;
    TrainingState snapshot;  // shares the tensors
  };

  void wait_for_the_last();
  void tell_outcome(CheckpointFailure on_failure);
  void write_until_stopped();
  void write(const Job& job);

  CheckpointStore& store_;
  const KeepOptions keep_;
  const CheckpointFailure on_failure_;

  std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  std::optional<Job> job_;  // until it is done
  std::int64_t step_ = 0;   // of the last job
  std::vector<std::string> remarks_;
  std::exception_ptr failure_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ganymede
