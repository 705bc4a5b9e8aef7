#include "benchmarking/step_time_model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/error.hpp"
#include "optimization/factor_rule.hpp"

namespace ganymede {
namespace {

double doublings(std::int64_t nodes) {
  return std::bit_width(static_cast<std::uint64_t>(nodes - 1));  // ceil(log2 n)
}

double sum_rounds(std::int64_t nodes) {
  return std::has_single_bit(static_cast<std::uint64_t>(nodes)) ? 2 * doublings(nodes) : 2;
}

// On the wire, for each byte of a gradient.
double wire_seconds(const StepTimeModel& model, std::int64_t nodes) {
  if (nodes == 1) return 0;
  const auto n = static_cast<double>(nodes);
  return 2 * (n - 1) / n / (kPayload * model.network.bandwidth);
}

double network_latency(const StepTimeModel& model, std::int64_t nodes) {
  return nodes == 1 ? 0 : model.traffic.gradient_sums * sum_rounds(nodes) * model.network.latency;
}

// How the gradient of an event travels.
struct Travel {
  double wire = 0, product = 0;  // seconds: on the link, and of multiplying what other ranks send
};

Travel travel_of(const GradientEvent& event, const StepTimeModel& model, const Cluster& cluster) {
  const auto ranks = static_cast<double>(cluster.ranks()), rows = static_cast<double>(cluster.rows);
  const double factor_bytes = event.factor_bytes * rows;
  if (!cluster.factors || factor_bytes == 0 || !factors_are_smaller(ranks, factor_bytes, event.bytes))
    return {.wire = event.bytes * wire_seconds(model, cluster.nodes)};
  return {.wire = (ranks - 1) * factor_bytes / (kPayload * model.network.bandwidth),
          .product = model.slowdown * (ranks - 1) * rows * event.product_seconds};
}

// What a rank waits for gradients that left as early as they could. Factors are multiplied when nothing is
// under way.
double exposed_seconds(const StepTimeModel& model, const Cluster& cluster, double compute) {
  double waited = 0, wire_is_free = 0;
  for (const GradientEvent& event : model.traffic.timeline) {
    const double now = event.at * compute + waited;
    if (event.bytes > 0)
      wire_is_free = std::max(wire_is_free, now) + travel_of(event, model, cluster).wire;
    else
      waited += std::max(0.0, wire_is_free - now);
  }
  return waited;
}

// Each round sends the whole of the sum: it is small.
double small_sums(const StepTimeModel& model, const Cluster& cluster) {
  const StepTraffic& traffic = model.traffic;
  double seconds = cluster.ranks_per_node > 1 ? traffic.small_sums * model.node_small_sum : 0;
  if (cluster.nodes > 1)
    seconds += doublings(cluster.nodes) * (traffic.small_sums * model.network.latency +
                                           traffic.small_bytes / (kPayload * model.network.bandwidth));
  return seconds;
}

}  // namespace

FittedLine fit_line(const std::vector<MeasuredPoint>& points) {
  // Weights 1 / y^2 make squared errors relative ones.
  double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
  for (const auto& [x, y] : points) {
    ensure(y > 0, "the points of a line of times are positive");
    const double weight = 1 / (y * y);
    w += weight;
    wx += weight * x;
    wy += weight * y;
    wxx += weight * x * x;
    wxy += weight * x * y;
  }
  const double determinant = w * wxx - wx * wx;
  ensure(determinant > 0, "a line goes through two different x");
  const FittedLine line{.intercept = (wxx * wy - wx * wxy) / determinant,
                        .slope = (w * wxy - wx * wy) / determinant};
  if (line.intercept < 0) return {.intercept = 0, .slope = wxy / wxx};
  if (line.slope < 0) return {.intercept = wy / w, .slope = 0};
  return line;
}

StepPrediction predict_step(const StepTimeModel& model, const Cluster& cluster) {
  ensure(cluster.nodes > 0 && cluster.ranks_per_node > 0, "a cluster has nodes, and these have ranks");
  ensure(cluster.nodes == 1 || model.network.bandwidth > 0, "several nodes have a network");
  ensure(!cluster.factors || (cluster.nodes > 1 && cluster.ranks_per_node == 1),
         "factors travel between nodes of one rank");
  const StepTraffic& traffic = model.traffic;
  const double wire = wire_seconds(model, cluster.nodes);
  double sent = traffic.gradient_bytes * wire, products = 0;
  for (const GradientEvent& event : traffic.timeline) {
    const Travel travel = travel_of(event, model, cluster);
    sent += travel.wire - event.bytes * wire;  // nothing where it is summed
    products += travel.product;
  }
  const double saved = model.shared_update * (1 - 1 / static_cast<double>(cluster.ranks_per_node));
  StepPrediction predicted{
      .compute = model.slowdown * (model.compute.at(static_cast<double>(cluster.rows)) - saved),
      .products = products,
      .network_sum = sent + network_latency(model, cluster.nodes),
      .small_sums = small_sums(model, cluster),
      .samples = static_cast<double>(cluster.rows * cluster.ranks())};
  if (cluster.ranks_per_node > 1)
    predicted.node_sum =
        traffic.gradient_sums * model.node_sum.intercept + traffic.gradient_bytes * model.node_sum.slope;
  if (model.network.overlap && cluster.nodes > 1)
    predicted.hidden = sent - exposed_seconds(model, cluster, predicted.compute);
  return predicted;
}

double efficiency(const StepPrediction& prediction, const Cluster& cluster,
                  const StepPrediction& of_one_node) {
  return prediction.samples_per_second() / static_cast<double>(cluster.nodes) /
         of_one_node.samples_per_second();
}

}  // namespace ganymede
