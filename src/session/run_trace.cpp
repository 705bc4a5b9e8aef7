#include "session/run_trace.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "base/logging.hpp"
#include "distributed/agreement.hpp"
#include "storage/atomic_file.hpp"
#include "storage/json_file.hpp"
#include "storage/process_identity.hpp"

namespace ganymede {
namespace {

// [TraceCategory]
constexpr std::array<std::string_view, 6> kCategories{"step",          "data", "compute",
                                                      "communication", "wait", "reporting"};

// What the viewer shows in place of a number.
std::string name_of(const char* what, int rank, std::size_t thread, const std::string& name) {
  const Json event{{"name", what}, {"ph", "M"}, {"pid", rank}, {"tid", thread}, {"args", {{"name", name}}}};
  return event.dump() + ",\n";
}

// A line an event, each with a comma behind it. origin: nanoseconds of this rank's clock that become 0.
std::string as_json_lines(const RankTrace& trace, int rank, std::int64_t origin) {
  std::string lines =
      name_of("process_name", rank, 0, fmt::format("rank {} (host {})", rank, own_identity().host));
  for (std::size_t thread = 0; thread < trace.threads.size(); ++thread) {
    lines += name_of("thread_name", rank, thread, trace.threads[thread].thread);
    for (const TraceEvent& event : trace.threads[thread].events) {
      const auto microseconds = [](std::int64_t nanoseconds) {
        return static_cast<double>(nanoseconds) / 1e3;
      };
      fmt::format_to(std::back_inserter(lines),
                     R"({{"name":"{}","cat":"{}","ph":"X","ts":{:.3f},"dur":{:.3f},"pid":{},"tid":{})",
                     event.name, kCategories[static_cast<std::size_t>(event.category)],
                     microseconds(event.begin - origin), microseconds(event.end - event.begin), rank, thread);
      if (event.step >= 0) fmt::format_to(std::back_inserter(lines), R"(,"args":{{"step":{}}})", event.step);
      lines += "},\n";
    }
  }
  return lines;
}

}  // namespace

// The last rank's arrival at a barrier lies, by each rank's clock, between its own arrival and its leaving.
std::int64_t clock_lead(Communicator& communicator, const std::function<std::int64_t()>& clock) {
  constexpr int kBarriers = 64;
  std::int64_t least = std::numeric_limits<std::int64_t>::min(),
               most = std::numeric_limits<std::int64_t>::max();
  const int first_of_host = communicator.rank() - communicator.host_rank();
  for (int i = 0; i < kBarriers; ++i) {
    const std::int64_t arrived = clock();
    communicator.barrier();
    const std::int64_t left = clock();
    const at::Tensor all = communicator.all_gather(at::tensor({arrived, left}, at::kLong));
    const auto* root = all[0].const_data_ptr<std::int64_t>();
    const auto* host = all[first_of_host].const_data_ptr<std::int64_t>();
    least = std::max(least, host[0] - root[1]);
    most = std::min(most, host[1] - root[0]);
  }
  return first_of_host == 0 ? 0 : least + (most - least) / 2;
}

RunTrace::RunTrace(const std::string& file, Communicator& communicator)
    : communicator_(communicator), file_(broadcast_text(communicator, file)) {
  if (file_.empty()) return;
  lead_ = clock_lead(communicator, trace_clock);
  const at::Tensor begin = at::full({1}, trace_clock(), at::kLong);
  communicator.broadcast_(begin);
  begin_ = begin.item<std::int64_t>();
  start_tracing();
  thread_.emplace(communicator.rank(), "training");
}

void RunTrace::write() {
  if (file_.empty()) return;
  const int rank = communicator_.rank();
  const RankTrace own = take_trace(rank);
  const std::string lines = as_json_lines(own, rank, begin_ + lead_);
  const at::Tensor dropped = at::full({1}, own.dropped, at::kLong);
  communicator_.all_reduce_sum_(dropped);

  std::optional<AtomicFile> output;
  agree_on_root(communicator_, [&] {
    output.emplace(file_);
    output->write("{\"traceEvents\":[\n");
  });
  for (int r = 0; r < communicator_.size(); ++r) {
    std::string part = broadcast_text(communicator_, r == rank ? lines : "", r);
    const bool is_last = r + 1 == communicator_.size();
    if (is_last) part.resize(part.size() - 2);  // JSON has no comma behind the last
    agree_on_root(communicator_, [&] {
      output->write(part);
      if (!is_last) return;
      output->write("\n]}\n");
      output->publish();
    });
  }
  if (rank != 0) return;
  spdlog::info("timeline in {}; https://ui.perfetto.dev shows it", file_);
  if (const auto lost = dropped.item<std::int64_t>(); lost > 0)
    spdlog::warn("the timeline holds the first {} events of each thread; {} later ones are not in it",
                 kEventsOfThread, lost);
}

}  // namespace ganymede
