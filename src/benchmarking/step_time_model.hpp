// How long a training step takes on a cluster that one does not have, from what can be measured on one
// machine and a network's two numbers. Pure arithmetic; seconds and bytes throughout.
//
//   compute      slowdown x (a + b x rows - u), rows being those of a rank; u is what the ranks of a node
//   save
//                where they share the weights' update: update x (1 - 1 / ranks a node)
//   node sum     gradient sums among the ranks of a node: per sum c + d x bytes
//   network sum  of the nodes' sums: 2 (n - 1) / n x bytes / bandwidth + rounds x latency, the least that any
//                all-reduce sends (Chan et al. 2007); rounds 2 log2 n by halving and doubling where n is a
//                power of two, else 2 of all with all. The ranks of a node share its link, of which the
//                headers of TCP/IP and Ethernet leave kPayload.
//                Where nodes have one rank each, gradients that travel as factors (FactoredSums) take
//                (n - 1) x bytes of a rank's factors / bandwidth in place of their sum, beside the other sums
//                and so without rounds of their own.
//   products     of those factors: slowdown x (n - 1) x rows x p, p being the seconds to multiply a row's; a
//                rank multiplies those of all, and compute has its own
//   small sums   statistics of batch normalisation and the step's verdict: ceil(log2 n) rounds each
//   hidden       what of the network sum is sent while ranks compute, where communication overlaps: gradients
//                leave in the order and at the times of a step's timeline, one after the other
//   step         compute + products + node sum + network sum + small sums - hidden
#pragma once

#include <cstdint>
#include <vector>

namespace ganymede {

struct FittedLine {
  double intercept = 0, slope = 0;
  double at(double x) const { return intercept + slope * x; }
};

struct MeasuredPoint {
  double x = 0, y = 0;
};

// The line with the least sum of squared relative errors; y are positive and there are two different x.
// Neither number is negative: where it would be, it is 0 and the other one fits alone.
FittedLine fit_line(const std::vector<MeasuredPoint>& points);

// Of a link's bandwidth: 1448 bytes in an Ethernet frame of 1538.
inline constexpr double kPayload = 1448.0 / 1538.0;

// A moment of a step on a rank alone.
struct GradientEvent {
  double at = 0;     // share of the step's compute before it
  double bytes = 0;  // of a gradient that is complete; 0: from here on the rank needs the sums of all before
  // Of a gradient that is a product, for each row of the rank: of its factors, and to multiply them. Such a
  // gradient has an event of its own.
  double factor_bytes = 0, product_seconds = 0;
};

// What a step says to other ranks.
struct StepTraffic {
  double gradient_sums = 0, gradient_bytes = 0;  // how many a step, and of all together
  double small_sums = 0, small_bytes = 0;        // likewise
  std::vector<GradientEvent> timeline = {};      // in the order of time
};

struct Interconnect {
  double bandwidth = 0;  // bytes a second in each direction, of a node
  double latency = 0;    // seconds of a message
  bool overlap = true;   // gradients travel while backward computes
};

struct StepTimeModel {
  FittedLine compute = {};   // of x = rows: a rank alone
  double shared_update = 0;  // seconds of compute that the ranks of a node share; 0 where they do not
  double slowdown = 1;       // of compute, when all ranks of a node do it at once
  StepTraffic traffic = {};
  FittedLine node_sum = {};   // of x = bytes of one sum
  double node_small_sum = 0;  // of one
  Interconnect network = {};
};

struct Cluster {
  std::int64_t nodes = 1, ranks_per_node = 1;
  std::int64_t rows = 0;  // of a rank
  bool factors = false;   // may travel: there are several nodes of one rank each
  std::int64_t ranks() const { return nodes * ranks_per_node; }
};

struct StepPrediction {
  double compute = 0, products = 0, node_sum = 0, network_sum = 0, small_sums = 0, hidden = 0;
  double samples = 0;  // of a step, over all ranks

  double step() const { return compute + products + node_sum + network_sum + small_sums - hidden; }
  double samples_per_second() const { return samples / step(); }
};

StepPrediction predict_step(const StepTimeModel& model, const Cluster& cluster);

// Samples a second of a node, relative to those of a cluster of one node.
double efficiency(const StepPrediction& prediction, const Cluster& cluster,
                  const StepPrediction& of_one_node);

}  // namespace ganymede
