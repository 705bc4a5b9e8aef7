#include "session/rank_device.hpp"

#include <algorithm>
#include <sstream>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/logging.hpp"
#include "distributed/agreement.hpp"
#include "distributed/gathering.hpp"
#include "storage/process_identity.hpp"

#ifdef GANYMEDE_CUDA
#include <c10/cuda/CUDAStream.h>

#include "distributed/nccl/nccl_gradient_exchange.hpp"
#include "distributed/nccl/visible_gpus.hpp"
#include "procedures/step_recording.hpp"
#endif

namespace ganymede {
namespace {

#ifdef GANYMEDE_CUDA

constexpr bool kBuiltForGpus = true;

at::Device take_gpu(int number, Communicator& communicator) {
  const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(number));
  take_device(device);
  communicator.carry_gradients_by(std::make_unique<NcclGradientExchange>(
      communicator,
      NcclOptions{.device = device, .compute_stream = [number] {
                    return c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(number)).stream();
                  }}));
  return device;
}

#else

constexpr bool kBuiltForGpus = false;

std::vector<std::string> visible_gpus() {
  return {};
}
at::Device take_gpu(int /*number*/, Communicator& /*communicator*/) {
  throw Error("a program without CUDA finds no GPU");
}

#endif

std::vector<GpusOfRank> gather_gpus(Communicator& communicator) {
  std::string mine;
  agree(communicator,
        [&] { mine = fmt::format("{}\n{}", own_identity().host, fmt::join(visible_gpus(), "\n")); });
  std::vector<GpusOfRank> of_ranks;
  for (const std::string& text : gather_texts(communicator, mine)) {
    std::istringstream lines(text);
    GpusOfRank& rank = of_ranks.emplace_back();
    std::getline(lines, rank.host);
    for (std::string id; std::getline(lines, id);) rank.ids.push_back(id);
  }
  return of_ranks;
}

void check_asked_for_cuda(const Recipe& recipe) {
  require(kBuiltForGpus,
          "device is cuda, but this program was built without CUDA; build it with the preset cuda "
          "(docs/gpus.md), or train with --device cpu");
  require(!recipe.reproducible,
          "device is cuda, and `reproducible` is asked for, but NCCL adds up in an order of its own; leave "
          "reproducible out (--set reproducible=none), or train with --device cpu");
}

}  // namespace

std::optional<std::int64_t> usable_gpus() {
  if (!kBuiltForGpus) return std::nullopt;
  return static_cast<std::int64_t>(visible_gpus().size());
}

std::vector<int> deal_gpus(const std::vector<GpusOfRank>& of_ranks) {
  std::vector<int> dealt;
  for (std::size_t rank = 0; rank < of_ranks.size(); ++rank) {
    const auto& [host, ids] = of_ranks[rank];
    require(
        !ids.empty(),
        "device is cuda, but rank {} on {} sees no GPU; expected one a rank: look at nvidia-smi there, or "
        "train with --device cpu",
        rank, host);
    const auto is_there = [&](const GpusOfRank& other) { return other.host == host; };
    const auto ranks = std::count_if(of_ranks.begin(), of_ranks.end(), is_there);
    const auto place =
        std::count_if(of_ranks.begin(), of_ranks.begin() + static_cast<std::ptrdiff_t>(rank), is_there);
    const bool chosen_by_others = ids.size() == 1 && ranks > 1;
    require(chosen_by_others || place < static_cast<std::ptrdiff_t>(ids.size()),
            "device is cuda, but {} has {} and {}; expected a GPU a rank: start fewer ranks there, or train "
            "with --device cpu",
            host, counted(ranks, "rank"), counted(static_cast<std::int64_t>(ids.size()), "GPU"));
    dealt.push_back(chosen_by_others ? 0 : static_cast<int>(place));
    for (std::size_t other = 0; other < rank; ++other)
      require(
          of_ranks[other].host != host || of_ranks[other].ids[static_cast<std::size_t>(dealt[other])] !=
                                              ids[static_cast<std::size_t>(dealt[rank])],
          "device is cuda, but ranks {} and {} on {} would share one GPU ({}); expected a GPU a rank: start "
          "fewer ranks there, or train with --device cpu",
          other, rank, host, ids[static_cast<std::size_t>(dealt[rank])]);
  }
  return dealt;
}

at::Device agree_on_device(const Recipe& recipe, Communicator& communicator) {
  const bool asked = recipe.device == DeviceChoice::cuda;
  if (asked) agree(communicator, [&] { check_asked_for_cuda(recipe); });
  if (!asked && (recipe.device == DeviceChoice::cpu || !kBuiltForGpus || recipe.reproducible))
    return at::kCPU;
  const std::vector<GpusOfRank> of_ranks = gather_gpus(communicator);
  const bool none =
      std::all_of(of_ranks.begin(), of_ranks.end(), [](const GpusOfRank& rank) { return rank.ids.empty(); });
  if (!asked && none) return at::kCPU;
  std::vector<int> dealt;
  try {
    agree(communicator, [&] { dealt = deal_gpus(of_ranks); });
  } catch (const AgreedError& error) {
    if (asked) throw;
    if (communicator.rank() == 0) spdlog::warn("{}; training goes on there", error.what());
    return at::kCPU;
  }
  return take_gpu(dealt[static_cast<std::size_t>(communicator.rank())], communicator);
}

}  // namespace ganymede
