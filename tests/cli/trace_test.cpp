// train --trace: a timeline that viewers of Chrome's trace event format load, and whose numbers add up.
#include <signal.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Span {
  std::string name, category;
  double begin, end;  // microseconds
  std::int64_t step;
};

using Track = std::pair<int, int>;  // rank, thread

class TraceTest : public ProgramTest {
 protected:
  // Checks each event against the format; the spans of each track in the order in which they began.
  static std::map<Track, std::vector<Span>> read_spans(const Json& trace) {
    std::map<Track, std::vector<Span>> spans;
    for (const Json& event : trace.at("traceEvents")) {
      const Track track(event.at("pid").get<int>(), event.at("tid").get<int>());
      EXPECT_TRUE(event.at("name").is_string()) << event;
      if (event.at("ph") == "M") {
        EXPECT_TRUE(event.at("args").at("name").is_string()) << event;
        continue;
      }
      EXPECT_EQ(event.at("ph"), "X") << event;
      EXPECT_GE(event.at("dur").get<double>(), 0) << event;
      const double begin = event.at("ts");
      spans[track].push_back({.name = event.at("name"),
                              .category = event.at("cat"),
                              .begin = begin,
                              .end = begin + event.at("dur").get<double>(),
                              .step = event.value("args", Json::object()).value("step", -1)});
    }
    for (auto& [track, of_track] : spans)
      std::stable_sort(of_track.begin(), of_track.end(), [](const Span& a, const Span& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
      });
    return spans;
  }

  static std::string name_of(const Json& trace, const char* what, Track track) {
    for (const Json& event : trace.at("traceEvents"))
      if (event.at("name") == what && event.at("pid") == track.first && event.at("tid") == track.second)
        return event.at("args").at("name");
    return "";
  }

  // Spans of a thread lie within one another or apart, as calls do.
  static void expect_nested(const std::vector<Span>& spans) {
    constexpr double kRounding = 0.002;
    std::vector<const Span*> open;
    for (const Span& span : spans) {
      while (!open.empty() && open.back()->end <= span.begin + kRounding) open.pop_back();
      if (!open.empty()) {
        EXPECT_LE(span.end, open.back()->end + kRounding) << span.name << " in " << open.back()->name;
      }
      open.push_back(&span);
    }
  }

  // Microseconds of all steps, and of the spans right below them.
  static std::pair<double, double> time_in_steps(const std::vector<Span>& spans) {
    double steps = 0, parts = 0, step_end = -1, part_end = -1;
    for (const Span& span : spans) {
      if (span.name == "step") {
        steps += span.end - span.begin;
        step_end = span.end;
        part_end = span.begin;
      } else if (span.begin < step_end && span.begin >= part_end) {
        parts += span.end - span.begin;
        part_end = span.end;
      }
    }
    return {steps, parts};
  }

  Words trace_arguments(const Words& settings) const {
    Words arguments = train_arguments("run", settings);
    arguments.insert(arguments.end(), {"--trace", "trace.json", "--cache-mib", "0"});
    return arguments;
  }
};

TEST_F(TraceTest, HoldsEveryStepOfEveryRankAndAddsUp) {
  const ProgramResult result = run(trace_arguments({"data.global_batch_size=64", "train.steps=40"}), 2);
  ASSERT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output, testing::HasSubstr("timeline in trace.json"));
  const Json trace = Json::parse(read_text(folder_ / "trace.json"));
  const auto spans = read_spans(trace);
  std::vector<Span> sums[2];  // [rank], of losses: at the end of each step
  for (const int rank : {0, 1}) {
    const Track main(rank, 0);
    EXPECT_THAT(name_of(trace, "process_name", main),
                testing::StartsWith("rank " + std::to_string(rank) + " (host "));
    EXPECT_EQ(name_of(trace, "thread_name", main), "training");
    std::set<std::string> names;
    std::vector<std::int64_t> steps;
    for (const Span& span : spans.at(main)) {
      names.insert(span.name);
      if (span.name == "step") steps.push_back(span.step);
      if (span.name == "all_reduce") sums[rank].push_back(span);
    }
    EXPECT_THAT(names, testing::IsSupersetOf({"data", "generator_forward", "generator_backward",
                                              "discriminator_forward", "discriminator_backward", "optimizer",
                                              "sum_to_owners", "host_barrier", "all_reduce", "report",
                                              "checkpoint"}));
    ASSERT_EQ(steps.size(), 40U);
    for (std::int64_t i = 0; i < 40; ++i) EXPECT_EQ(steps[static_cast<std::size_t>(i)], i + 1);
    const auto [in_steps, in_parts] = time_in_steps(spans.at(main));
    EXPECT_NEAR(in_parts / in_steps, 1, 0.05) << "rank " << rank;
  }
  std::set<std::string> threads;
  for (const auto& [track, of_track] : spans) {
    expect_nested(of_track);
    threads.insert(name_of(trace, "thread_name", track));
  }
  EXPECT_THAT(threads,
              testing::ElementsAre("batches of source 0", "checkpoints", "reader of source 0", "training"));
  // No rank leaves a sum before the other has come to it.
  ASSERT_EQ(sums[0].size(), sums[1].size());
  for (std::size_t i = 0; i < sums[0].size(); ++i) {
    EXPECT_LE(sums[0][i].begin, sums[1][i].end);
    EXPECT_LE(sums[1][i].begin, sums[0][i].end);
  }
}

TEST_F(TraceTest, IsWrittenWhenAnErrorOfAllRanksEndsTheRun) {
  const ProgramResult result =
      run(trace_arguments({"train.steps=30", "gan.generator.optimizer.adam.learning_rate=1e15"}), 2);
  EXPECT_EQ(result.exit_code, 1) << result.describe();
  EXPECT_THAT(result.errors, testing::HasSubstr("training has diverged"));
  const auto spans = read_spans(Json::parse(read_text(folder_ / "trace.json")));
  for (const int rank : {0, 1})
    EXPECT_THAT(spans.at(Track(rank, 0)), testing::Contains(testing::Field(&Span::name, "step")));
}

TEST_F(TraceTest, IsWrittenWhenASignalEndsTheRun) {
  const auto program = start(trace_arguments({"train.steps=1000000"}), 2);
  program->wait_until("step 5", [&] { return last_reported_step(folder_ / "run") >= 5; });
  program->send_signal_to_rank(1, SIGTERM);
  EXPECT_EQ(program->wait().exit_code, kStoppedOnRequest);
  const auto spans = read_spans(Json::parse(read_text(folder_ / "trace.json")));
  for (const int rank : {0, 1}) {
    const auto steps = std::count_if(spans.at({rank, 0}).begin(), spans.at({rank, 0}).end(),
                                     [](const Span& span) { return span.name == "step"; });
    EXPECT_EQ(steps, last_reported_step(folder_ / "run"));
  }
}

TEST_F(TraceTest, AFileThatCannotBeWrittenIsRefusedFirst) {
  Words arguments = train_arguments("run");
  arguments.insert(arguments.end(), {"--trace", "nowhere/trace.json"});
  const ProgramResult result = run(arguments, 2);
  EXPECT_EQ(result.exit_code, 2) << result.describe();
  EXPECT_THAT(result.errors, testing::HasSubstr("--trace nowhere/trace.json: there is no folder"));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

}  // namespace
}  // namespace ganymede
