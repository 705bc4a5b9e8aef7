#include "session/staging.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <span>

#include "base/clock.hpp"
#include "base/counted.hpp"
#include "base/logging.hpp"
#include "data/format/dataset_verification.hpp"
#include "distributed/agreement.hpp"
#include "session/training_data.hpp"
#include "storage/atomic_file.hpp"
#include "storage/checksum.hpp"
#include "storage/gzip_file.hpp"
#include "training/stop_request.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPieceBytes = std::int64_t{4} << 20;  // that travel together

std::string_view text_of(const at::Tensor& bytes) {
  return {static_cast<const char*>(bytes.const_data_ptr()), static_cast<std::size_t>(bytes.numel())};
}

bool is_host_leader(const Communicator& communicator) {
  return communicator.host_rank() == 0;
}

bool is_sound(const DatasetIndex& index, std::size_t shard, int rank) try {
  check_shard_file(index, shard);
  verify_shards(index, {shard}, rank);
  return true;
} catch (const DataError&) {
  return false;
}

// Rank 0's end of a shard's way: what it cannot read it sends as zeros, and says so when all are listening.
class ShardSource {
 public:
  ShardSource(const DatasetIndex& index, std::size_t shard)
      : index_(index), shard_(shard), file_(index.shard_path(shard), std::ios::binary) {}

  void read_into(const at::Tensor& piece) {
    file_.read(static_cast<char*>(piece.mutable_data_ptr()), piece.numel());
    found_ = crc32_of_tensor(piece, found_);
  }

  void require_whole() const {
    if (!file_)
      throw DataError(fmt::format("{}: it cannot be read, or is shorter than {} says",
                                  index_.shard_path(shard_).string(), kIndexFileName));
    check_shard_checksum(index_, shard_, found_);
  }

 private:
  const DatasetIndex& index_;
  std::size_t shard_;
  std::uint32_t found_ = 0;
  std::ifstream file_;
};

// From rank 0's disk to where it is wanted. Collective.
void send_shard(const DatasetIndex& source, std::size_t shard, const std::optional<fs::path>& target,
                Communicator& communicator) {
  std::optional<ShardSource> reading;
  std::optional<AtomicFile> writing;
  agree(communicator, [&] {
    end_if_stop_requested();
    if (communicator.rank() == 0) reading.emplace(source, shard);
    if (target) writing.emplace(*target);
  });
  std::exception_ptr failure;
  for (std::int64_t left = source.shards[shard].bytes; left > 0; left -= kPieceBytes) {
    const at::Tensor piece = at::zeros({std::min(left, kPieceBytes)}, at::kByte);
    if (reading) reading->read_into(piece);
    communicator.broadcast_(piece);
    try {
      if (writing && !failure) writing->write(text_of(piece));
    } catch (const Error&) {
      failure = std::current_exception();
    }
  }
  agree(communicator, [&] {
    if (reading) reading->require_whole();
  });
  agree(communicator, [&] {
    if (failure) std::rethrow_exception(failure);
    if (writing) writing->publish();
  });
}

// [shard]: whether this rank, the first of its host, lacks it.
at::Tensor wanted_shards(const Recipe& recipe, std::size_t source, const DatasetIndex& staged,
                         Communicator& communicator) {
  at::Tensor wanted = at::zeros({static_cast<std::int64_t>(staged.shards.size())}, at::kByte);
  agree(communicator, [&] {
    if (!is_host_leader(communicator)) return;
    for (const std::size_t shard : shards_of_host(recipe, source, staged, communicator))
      if (!is_sound(staged, shard, communicator.rank())) wanted[static_cast<std::int64_t>(shard)] = 1;
  });
  return wanted;
}

void write_index(const fs::path& folder, const std::string& text) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw_path_error(error.value(),
                     fmt::format("{}: cannot make this folder ({}); choose another one with --stage",
                                 folder.string(), error.message()));
  write_file_atomically(folder / kIndexFileName, text);
}

fs::path stage_dataset(const Recipe& recipe, std::size_t source, const fs::path& from, const fs::path& to,
                       Communicator& communicator) {
  const Stopwatch clock;
  std::string text;
  agree_on_root(communicator, [&] {
    std::error_code none_yet;
    require(!fs::equivalent(from, to, none_yet),
            "{}: this is the dataset itself; expected another folder for the hosts' copies", to.string());
    const auto bytes = read_whole_file(from / kIndexFileName);
    text.assign(bytes.begin(), bytes.end());
  });
  text = broadcast_text(communicator, text);
  DatasetIndex staged;
  agree(communicator, [&] {
    if (is_host_leader(communicator)) write_index(to, text);
  });
  agree(communicator, [&] { staged = read_index_file(to); });
  const at::Tensor wanted = wanted_shards(recipe, source, staged, communicator);
  const at::Tensor somewhere = communicator.all_gather(wanted).amax(0);
  DatasetIndex whole = staged;
  whole.folder = from;
  std::int64_t shards = 0, bytes = 0;
  for (std::size_t shard = 0; shard < staged.shards.size(); ++shard) {
    const auto place = static_cast<std::int64_t>(shard);
    if (somewhere[place].item<std::uint8_t>() == 0) continue;
    const bool here = wanted[place].item<std::uint8_t>() != 0;
    send_shard(whole, shard, here ? std::optional(staged.shard_path(shard)) : std::nullopt, communicator);
    ++shards;
    bytes += staged.shards[shard].bytes;
  }
  spdlog::info("{}: {} of {} staged, {:.1f} MB in {:.1f} s", to.string(), shards,
               counted(static_cast<std::int64_t>(staged.shards.size()), "shard"),
               static_cast<double>(bytes) * 1e-6, clock.seconds());
  return to;
}

}  // namespace

std::vector<fs::path> stage_datasets(const Recipe& recipe, const std::vector<fs::path>& sources,
                                     const fs::path& stage, Communicator& communicator) {
  // Hosts read and send as much as there is.
  const WaitBoard::Patience patience(*communicator.board());
  std::vector<fs::path> staged;
  for (std::size_t source = 0; source < sources.size(); ++source) {
    const fs::path name = fs::path(recipe.data.path[source]).relative_path().lexically_normal();
    staged.push_back(
        stage_dataset(recipe, source, sources[source], fs::absolute(stage) / name, communicator));
  }
  return staged;
}

}  // namespace ganymede
