// A training procedure: networks, optimizers and the order of their updates. The training loop, checkpoints,
// reports, samples and measurements see only this.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <c10/core/TensorOptions.h>
#include <torch/nn/module.h>

#include "data/samples/batch.hpp"
#include "data/samples/field.hpp"
#include "optimization/optimizer.hpp"
#include "optimization/parameter_arena.hpp"
#include "procedures/attempt.hpp"
#include "procedures/figures.hpp"
#include "procedures/samples.hpp"
#include "procedures/schedule.hpp"
#include "procedures/step_graphs.hpp"
#include "procedures/step_numbers.hpp"
#include "procedures/step_parts.hpp"
#include "storage/named_tensor.hpp"

namespace ganymede {

// What a procedure needs to know besides its options.
struct ProcedureSetting {
  std::uint64_t seed = 0;  // of initial weights, of samples, and of what the steps of the first attempt draw
  std::vector<DataSpec> sources = {};      // what it trains from
  std::array<double, 2> pixels = {-1, 1};  // what black and white become in batches
  at::TensorOptions compute = at::kFloat;  // dtype and device of weights and of what is made of them
  bool mixed_precision = false;            // steps multiply in bfloat16; samples and figures do not
  // Reproducible mode: the global batch is cut into this many virtual replicas, which every rank runs one
  // after another, and their gradients are added up along one binary tree. Any number of ranks gives the same
  // bits.
  std::optional<std::int64_t> replicas = {};
};

// A network with all that training keeps for it. Checkpoints and checksums go over these by name.
struct Player {
  std::string name;
  std::shared_ptr<torch::nn::Module> network;
  ParameterArena& arena;
  Optimizer& optimizer;
  at::Tensor average = {};  // of the weights, laid out like the arena; undefined without one
  // Likewise of the running statistics, by their names in the network.
  std::vector<std::pair<std::string, at::Tensor>> average_buffers = {};
};

class Procedure {
 public:
  explicit Procedure(const ProcedureSetting& setting);
  virtual ~Procedure() = default;

  virtual const Schedule& schedule() const = 0;

  // Steps are those of this attempt from now on; without, of the first. On all ranks alike.
  void begin_attempt(const Attempt& attempt) { attempt_ = attempt; }

  // Has the device take steps as one piece of work, where it can.
  void record_steps(std::unique_ptr<StepGraphs> graphs) { graphs_ = std::move(graphs); }
  const StepGraphs* graphs() const { return graphs_.get(); }

  // Step number `step`, from the batches that its phase takes, on the device of the weights. Returns this
  // rank's part of each scalar of the phase, float64 [scalars]: summed over ranks they are the scalar, of the
  // global batch and before the update. Reads nothing back from a device other than the host. Collective.
  at::Tensor step(std::int64_t step, const StepData& data);

  virtual const SampleForm& sample_form() const = 0;
  // The same samples at every call and on every rank, in host memory. Uses running statistics, or averages
  // where the procedure keeps some. Not collective.
  virtual SampleSet sample(const SampleRequest& request) = 0;

  // What the present weights make of samples that they were not trained on, and what can be said without any.
  // held_out: a batch of each source in host memory, or empty where there are none. The same at every call
  // and on every rank. Not collective.
  virtual Figures figures(const std::vector<Batch>& /*held_out*/) { return {}; }

  // Makes equal on all ranks what training lets differ: running statistics of local batches. Collective.
  virtual void settle() {}

  virtual std::vector<Player> players() = 0;
  // What the procedure keeps beside its players between steps: equal on all ranks, of constant shapes.
  virtual std::vector<NamedTensor> own_state() { return {}; }

  // Where the time of the steps so far went, on this rank.
  virtual const std::vector<StepPart>& step_parts() const = 0;

 protected:
  // Those of the step that is taken.
  StepNumbers& numbers() { return numbers_; }

 private:
  // What of a step the host does and decides, from its number or from what it keeps: returns the batches,
  // with what it decided as further fields or batches. Collective.
  virtual StepData prepare(std::int64_t /*step*/, StepData data) { return data; }
  // The rest, as step() says. On a device it may stand for many steps of the phase (StepGraphs): then the
  // host has no part in it but to ask for the same operations, in the same order, on memory that stays.
  virtual at::Tensor do_step(const Phase& phase, const StepData& data) = 0;

  const bool mixed_precision_;
  Attempt attempt_;
  StepNumbers numbers_;
  std::unique_ptr<StepGraphs> graphs_;
};

// What is left to do for a procedure whose networks stand on every rank: they join their memory. Collective.
using JoinRanks = std::function<std::unique_ptr<Procedure>()>;

}  // namespace ganymede
