// Batch normalisation over the whole global batch, on any number of ranks (Ioffe and Szegedy 2015).
#pragma once

#include "distributed/communicator.hpp"
#include "networks/network.hpp"

namespace ganymede {

enum class BatchStatistics {
  global,   // of all ranks' rows together: the number of ranks does not matter
  local,    // of this rank's rows, as torch DDP does: no communication, but the result depends on the ranks
  replica,  // of the rows of one virtual replica: no communication, and any number of ranks gives the same
            // bits
};

struct BatchNormalizationOptions {
  BatchStatistics statistics = BatchStatistics::global;
  double epsilon = 1e-5;
  double momentum = 0.1;  // weight of the newest batch in the running statistics
};

// Normalises input [rows, channels, ...] by the mean and variance of each channel, then activates it. In
// training with global statistics these are of all ranks' rows together: one all-reduce of 2 x channels + 1
// numbers in the forward pass and one of 2 x channels in the backward pass, so both are collective. The
// running statistics (unbiased variance, as in PyTorch) are updated by each training forward and used outside
// training; ranks hold equal copies, with local statistics after average_running_statistics.
class BatchNormalization : public torch::nn::Module {
 public:
  // The communicator must outlive the module.
  BatchNormalization(std::int64_t channels, BatchNormalizationOptions options, Communicator& communicator);

  // The activation is given by its slope below 0: 0 for a ReLU, 1 for none.
  at::Tensor forward(const at::Tensor& input, bool training, double slope_below_zero = 1);

  const BatchNormalizationOptions& options() const { return options_; }
  void settle(std::int64_t replicas_of_rank, Communicator& communicator);

 private:
  at::Tensor normalize(const at::Tensor& input, bool training);
  at::Tensor forward_of_replica(const at::Tensor& input);

  const BatchNormalizationOptions options_;
  Communicator& communicator_;
  at::Tensor weight_, bias_;                    // [channels]
  at::Tensor running_mean_, running_variance_;  // [channels]
  std::vector<at::Tensor> unsettled_;           // [pass], mean and unbiased variance [2 x channels]
};

// Averages over ranks the running statistics that the module's layers with local statistics keep. Collective.
void average_running_statistics(torch::nn::Module& module, Communicator& communicator);
// Whether there are such layers: ranks have statistics of their own.
bool has_local_statistics(const torch::nn::Module& module);

// Moves the running statistics of the module's layers with replica statistics, once for each forward pass
// that every replica has made since the last call, by the average of all replicas' statistics, taken along
// the binary tree over them. A rank has run its replicas one after another. Collective.
void settle_running_statistics(torch::nn::Module& module, std::int64_t replicas_of_rank,
                               Communicator& communicator);

// The running means and variances of the module's layers, by their names in it.
std::vector<std::pair<std::string, at::Tensor>> running_statistics(const torch::nn::Module& module);

// Whether training forwards of the module mix the rows of a batch.
bool mixes_rows(const torch::nn::Module& module);

}  // namespace ganymede
