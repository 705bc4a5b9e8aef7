#include "diagnosis/host.hpp"

#include <ATen/Version.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/processor.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

// What Open MPI 4.1's transport within a host asks for, a rank. Its pages are taken as messages come: where
// none is left then, the rank ends by a bus error.
constexpr std::uintmax_t kSegmentBytes = 4 << 20;

// "model name	: AMD EPYC" of the first core.
std::string model_name(const fs::path& cpuinfo) {
  std::ifstream lines(cpuinfo);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("model name") && line.find(": ") != std::string::npos)
      return line.substr(line.find(": ") + 2);
  return "of an unknown model";
}

// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 ...": the word that is a version.
std::string driver_version(const fs::path& file) {
  std::ifstream words(file);
  for (std::string word; words >> word;)
    if (std::isdigit(static_cast<unsigned char>(word[0])) != 0 && word.find('.') != std::string::npos)
      return word;
  return "";
}

bool is_gpu(const std::string& name) {
  constexpr std::string_view kPrefix = "nvidia";
  return name.starts_with(kPrefix) && name.size() > kPrefix.size() &&
         std::all_of(name.begin() + kPrefix.size(), name.end(),
                     [](unsigned char letter) { return std::isdigit(letter) != 0; });
}

std::string in_megabytes(std::uintmax_t bytes) {
  return fmt::format("{} MB", bytes >> 20);
}

}  // namespace

Processor find_processor(const fs::path& root) {
  return {.model = model_name(root / "proc/cpuinfo"),
          .vectors = at::get_cpu_capability(),
          .bfloat16 = has_bfloat16_products()};
}

std::vector<HostFinding> examine_processor(const Processor& processor, bool reproducible) {
  const std::string alike = "hosts of one kind";
  HostFinding model{{.subject = "processor", .found = processor.model}};
  if (reproducible) model.if_hosts_differ = {Verdict::warning, "the same bits are only sure on " + alike};
  HostFinding instructions{
      {.subject = "instruction set",
       .found = fmt::format("{}, {} bfloat16", processor.vectors, processor.bfloat16 ? "with" : "without")},
      reproducible ? Difference{Verdict::problem,
                                "reproducible mode gives other bits on each: take " + alike + ", or leave it"}
                   : Difference{Verdict::warning,
                                "all ranks wait for the slowest, and reproducible mode would need " + alike}};
  if (processor.vectors != "AVX512" && processor.vectors != "AVX2") {
    instructions.verdict = Verdict::warning;
    instructions.advice = "without AVX2 it computes several times slower; is ATEN_CPU_CAPABILITY set?";
  }
  return {model, instructions};
}

HostFinding examine_message_memory(const fs::path& folder, int ranks) {
  HostFinding finding{{.subject = "message memory"}};
  const std::uintmax_t needed = static_cast<std::uintmax_t>(ranks) * kSegmentBytes;
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error) {
    finding.found = fmt::format("{}: {}", folder.string(), error.message());
  } else if (space.available >= needed) {
    finding.found = fmt::format("{} has the {} that {} may take", folder.string(), in_megabytes(needed),
                                counted(ranks, "rank"));
    return finding;
  } else {
    finding.found = fmt::format("{} has {} free of {}, MPI may take {} for {}", folder.string(),
                                in_megabytes(space.available), in_megabytes(space.capacity),
                                in_megabytes(needed), counted(ranks, "rank"));
  }
  finding.verdict = Verdict::warning;
  finding.advice =
      "messages within the host are slower, or end a rank with a bus error: make it larger (docker "
      "--shm-size, mount -o remount,size=), or remove what dead jobs left there";
  return finding;
}

HostFinding examine_gpus(std::optional<std::int64_t> usable, const fs::path& root) {
  std::error_code error;
  std::int64_t gpus = 0;
  for (const auto& entry : fs::directory_iterator(root / "dev", error))
    gpus += is_gpu(entry.path().filename().string()) ? 1 : 0;
  HostFinding finding{{.subject = "GPUs", .found = "none; ranks compute on the CPU"}};
  gpus = std::max(gpus, usable.value_or(0));
  if (gpus == 0) return finding;
  const std::string driver = driver_version(root / "proc/driver/nvidia/version");
  finding.found =
      fmt::format("{} of NVIDIA, {}; ", gpus, driver.empty() ? "without a driver" : "driver " + driver);
  if (!usable) {
    finding.found += "this build has neither CUDA nor NCCL and computes on the CPU";
  } else if (*usable > 0) {
    finding.found += fmt::format("this program can use {}, a rank each", *usable);
  } else {
    finding.verdict = Verdict::warning;
    finding.found += "this program can use none";
    finding.advice =
        "look at CUDA_VISIBLE_DEVICES and nvidia-smi, and whether the driver is as new as CUDA 13 (580)";
  }
  return finding;
}

}  // namespace ganymede
