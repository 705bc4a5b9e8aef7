// Leaves a checkpoint where training asks for one; a run whose checkpoint cannot be written ends.
#pragma once

#include "training/checkpoint_store.hpp"
#include "training/run_listener.hpp"

namespace ganymede {

class CheckpointSaver final : public RunListener {
 public:
  // The store outlives it. keep: of the newest ones.
  CheckpointSaver(CheckpointStore& store, std::int64_t keep) : store_(store), keep_(keep) {}

  bool is_essential() const override { return true; }
  void on_checkpoint(const CheckpointInfo& info, const TrainingState& snapshot) override {
    store_.save(info, snapshot, keep_);
  }

 private:
  CheckpointStore& store_;
  const std::int64_t keep_;
};

}  // namespace ganymede
