#include "cli/bench_plan_report.hpp"

#include <cstdio>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "cli/bench_json.hpp"
#include "cli/units.hpp"
#include "session/training_setup.hpp"

namespace ganymede {
namespace {

void print_line(const std::string& line) {
  std::puts(line.c_str());
}

void print_number(const char* name, double value, const std::string& meaning) {
  print_line(fmt::format("  {:<22}{:>11.4f}  {}", name, value, meaning));
}

std::string describe(const GradientEvent& event) {
  if (event.bytes == 0) return "the sums of all before are needed";
  const std::string complete = fmt::format("{:.4f} MB of gradients are complete", event.bytes * kMegabytes);
  if (event.factor_bytes == 0) return complete;
  return fmt::format("{}; as factors {:.2f} kB a row, which take {:.3f} us to multiply", complete,
                     event.factor_bytes / 1e3, event.product_seconds * kMicroseconds);
}

void print_fit(const Plan& plan) {
  const StepTimeModel& model = plan.model;
  const StepTraffic& traffic = model.traffic;
  const char* source = plan.measured.node_sums ? "measured here" : "assumed: not measured on these ranks";
  print_line(fmt::format("{}: what was measured on this machine, {} a rank", plan.recipe,
                         counted(plan.threads, "thread")));
  for (const MeasuredSteps& steps : plan.measured.alone)
    print_number(fmt::format("{} rows", steps.rows).c_str(), steps.spread().median * kMilliseconds,
                 fmt::format("ms a step of one rank alone ({:.3f}..{:.3f}); the line below says {:.3f}",
                             steps.spread().min * kMilliseconds, steps.spread().max * kMilliseconds,
                             model.compute.at(static_cast<double>(steps.rows)) * kMilliseconds));
  print_number("a", model.compute.intercept * kMilliseconds, "ms a step, whatever its rows");
  print_number("b", model.compute.slope * kMilliseconds, "ms a row; compute = slowdown x (a + b x rows - u)");
  print_number("update", model.shared_update * kMilliseconds,
               "ms of it that the ranks of a node share; u = update x (1 - 1 / ranks a node)");
  print_number(
      "slowdown", model.slowdown,
      plan.measured.together ? "of ranks that compute at once, measured here" : "assumed: not measured");
  print_number("gradient sums", traffic.gradient_sums, "a step");
  print_number("gradient bytes", traffic.gradient_bytes * kMegabytes, "MB a step, of all those sums");
  print_number("small sums", traffic.small_sums, "a step: batch normalisation, the step's verdict");
  print_number("small bytes", traffic.small_bytes / 1e3, "kB a step, of all those sums");
  print_number("c", model.node_sum.intercept * kMicroseconds,
               fmt::format("us a gradient sum in a node; {}", source));
  print_number("d", model.node_sum.slope / kGigabytes,
               fmt::format("ns a byte of it, {:.2f} GB/s; {}", kGigabytes / model.node_sum.slope, source));
  print_number("small sum", model.node_small_sum * kMicroseconds,
               fmt::format("us each in a node; {}", source));
  if (model.network.bandwidth <= 0) return;
  print_number("bandwidth", model.network.bandwidth * 8 * kGigabytes, "Gbit/s of a node's link, as given");
  print_number("latency", model.network.latency * kMicroseconds, "us of a message, as given");
  print_number("overlap", model.network.overlap ? 1 : 0, "1: gradients travel while backward computes");
  for (const GradientEvent& event : traffic.timeline)
    print_line(fmt::format("  at {:>5.1f} % of a step  {}", 100 * event.at, describe(event)));
}

void print_clusters(const Plan& plan) {
  print_line(fmt::format("\n  {:>5}{:>6}{:>6}{:>9}{:>10}{:>10}{:>10}{:>9}{:>9}{:>10}{:>12}{:>12}", "nodes",
                         "ranks", "rows", "compute", "products", "node sum", "net sum", "small", "hidden",
                         "step ms", "samples/s", "efficiency"));
  for (const Planned& planned : plan.clusters) {
    const StepPrediction& predicted = planned.prediction;
    print_line(fmt::format(
        "  {:>5}{:>6}{:>6}{:>9.3f}{:>10.3f}{:>10.3f}{:>10.3f}{:>9.3f}{:>9.3f}{:>10.3f}{:>12.1f}{:>10.1f} %",
        planned.cluster.nodes, planned.cluster.ranks(), planned.cluster.rows,
        predicted.compute * kMilliseconds, predicted.products * kMilliseconds,
        predicted.node_sum * kMilliseconds, predicted.network_sum * kMilliseconds,
        predicted.small_sums * kMilliseconds, predicted.hidden * kMilliseconds,
        predicted.step() * kMilliseconds, predicted.samples_per_second(), 100 * planned.efficiency));
  }
  print_line(plan.strong ? "  strong scaling: the global batch is the recipe's on any cluster"
                         : "  weak scaling: the recipe's global batch is that of one node");
}

// Of the predicted step, relative to the measured one.
double error_of(const Plan& plan) {
  return plan.present->prediction.step() / plan.measured.present->spread().median - 1;
}

void print_validation(const Plan& plan) {
  const Cluster& cluster = plan.present->cluster;
  const Spread measured = plan.measured.present->spread();
  print_line(fmt::format(
      "\n  {} x {} x {}: predicted {:.3f} ms a step, measured {:.3f} ({:.3f}..{:.3f}), error {:+.1f} %",
      counted(cluster.nodes, "node"), counted(cluster.ranks_per_node, "rank"), counted(cluster.rows, "row"),
      plan.present->prediction.step() * kMilliseconds, measured.median * kMilliseconds,
      measured.min * kMilliseconds, measured.max * kMilliseconds, 100 * error_of(plan)));
}

// [[share of the step, bytes complete, or 0 where the sums of all before are needed; of a product for each
// row: bytes of its factors, microseconds to multiply them]]
Json timeline_as_json(const StepTraffic& traffic) {
  Json timeline = Json::array();
  for (const GradientEvent& event : traffic.timeline) {
    Json line{event.at, event.bytes};
    if (event.factor_bytes > 0) {
      line.push_back(event.factor_bytes);
      line.push_back(event.product_seconds * kMicroseconds);
    }
    timeline.push_back(line);
  }
  return timeline;
}

Json fit_as_json(const Plan& plan) {
  const StepTimeModel& model = plan.model;
  Json alone = Json::array();
  for (const MeasuredSteps& steps : plan.measured.alone) {
    Json line = as_json(steps.spread(), kMilliseconds);
    line["rows"] = steps.rows;
    alone.push_back(line);
  }
  return {{"alone_milliseconds", alone},
          {"compute_milliseconds", model.compute.intercept * kMilliseconds},
          {"compute_milliseconds_per_row", model.compute.slope * kMilliseconds},
          {"shared_update_milliseconds", model.shared_update * kMilliseconds},
          {"slowdown", model.slowdown},
          {"slowdown_measured", plan.measured.together.has_value()},
          {"timeline", timeline_as_json(model.traffic)},
          {"gradient_sums", model.traffic.gradient_sums},
          {"gradient_bytes", model.traffic.gradient_bytes},
          {"small_sums", model.traffic.small_sums},
          {"small_bytes", model.traffic.small_bytes},
          {"node_sum_microseconds", model.node_sum.intercept * kMicroseconds},
          {"node_sum_nanoseconds_per_byte", model.node_sum.slope / kGigabytes},
          {"node_small_sum_microseconds", model.node_small_sum * kMicroseconds},
          {"node_sums_measured", plan.measured.node_sums.has_value()}};
}

Json as_json(const Planned& planned) {
  const StepPrediction& predicted = planned.prediction;
  return {{"nodes", planned.cluster.nodes},
          {"ranks_per_node", planned.cluster.ranks_per_node},
          {"rows", planned.cluster.rows},
          {"factors", planned.cluster.factors},
          {"compute_milliseconds", predicted.compute * kMilliseconds},
          {"products_milliseconds", predicted.products * kMilliseconds},
          {"node_sum_milliseconds", predicted.node_sum * kMilliseconds},
          {"network_sum_milliseconds", predicted.network_sum * kMilliseconds},
          {"small_sums_milliseconds", predicted.small_sums * kMilliseconds},
          {"hidden_milliseconds", predicted.hidden * kMilliseconds},
          {"step_milliseconds", predicted.step() * kMilliseconds},
          {"samples_per_second", predicted.samples_per_second()},
          {"efficiency", planned.efficiency}};
}

}  // namespace

void print_plan(const Plan& plan) {
  print_fit(plan);
  print_clusters(plan);
  if (plan.present) print_validation(plan);
}

Json as_json(const Plan& plan) {
  Json clusters = Json::array();
  for (const Planned& planned : plan.clusters) clusters.push_back(as_json(planned));
  const Interconnect& network = plan.model.network;
  Json json{{"recipe", plan.recipe},
            {"threads", plan.threads},
            {"scaling", plan.strong ? "strong" : "weak"},
            {"fit", fit_as_json(plan)},
            {"network",
             {{"gigabits_per_second", network.bandwidth * 8 * kGigabytes},
              {"latency_microseconds", network.latency * kMicroseconds},
              {"overlap", network.overlap}}},
            {"clusters", clusters}};
  if (plan.present)
    json["validation"] = {
        {"predicted", as_json(*plan.present)},
        {"measured_step_milliseconds", as_json(plan.measured.present->spread(), kMilliseconds)},
        {"error", error_of(plan)}};
  return json;
}

}  // namespace ganymede
