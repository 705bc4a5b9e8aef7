#include "storage/safetensors_file.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "storage/checksum.hpp"
#include "storage/file_descriptor.hpp"
#include "storage/json_object.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kLengthBytes = 8;
constexpr std::int64_t kMostHeaderBytes = 100'000'000;  // the limit of the reference implementation
constexpr std::string_view kMetadata = "__metadata__";

constexpr std::array<std::pair<std::string_view, at::ScalarType>, 10> kDtypes{{{"F64", at::kDouble},
                                                                               {"F32", at::kFloat},
                                                                               {"F16", at::kHalf},
                                                                               {"BF16", at::kBFloat16},
                                                                               {"I64", at::kLong},
                                                                               {"I32", at::kInt},
                                                                               {"I16", at::kShort},
                                                                               {"I8", at::kChar},
                                                                               {"U8", at::kByte},
                                                                               {"BOOL", at::kBool}}};

std::string_view name_of(at::ScalarType dtype) {
  const auto found =
      std::find_if(kDtypes.begin(), kDtypes.end(), [&](const auto& d) { return d.second == dtype; });
  ensure(found != kDtypes.end(), "safetensors has the dtype");
  return found->first;
}

std::vector<NamedTensor> larger_elements_first(std::vector<NamedTensor> tensors) {
  std::stable_sort(tensors.begin(), tensors.end(), [](const NamedTensor& a, const NamedTensor& b) {
    return a.tensor.element_size() > b.tensor.element_size();
  });
  return tensors;
}

// The length and the padded header.
std::string make_head(const std::vector<NamedTensor>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  std::int64_t end = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::int64_t begin = std::exchange(end, end + static_cast<std::int64_t>(tensor.nbytes()));
    ensure(!header.contains(name), "tensors of a file have different names");
    header[name] = {{"dtype", name_of(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string head;
  for (int byte = 0; byte < kLengthBytes; ++byte) head += static_cast<char>(text.size() >> (8 * byte) & 0xff);
  return head + text;
}

std::string_view bytes_of(const at::Tensor& tensor) {
  return {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()};
}

// A tensor's place behind the header.
struct Entry {
  std::string name;
  at::ScalarType dtype;
  std::vector<std::int64_t> shape;
  std::int64_t begin = 0, end = 0;
};

[[noreturn]] void refuse(const fs::path& file, const std::string& what) {
  throw DataError(fmt::format("{}: not a safetensors file: {}", file.string(), what));
}

// Bytes of a tensor; refuses what does not fit into 63 bits.
std::int64_t count_bytes(const Entry& entry, const fs::path& file) {
  std::int64_t bytes = static_cast<std::int64_t>(elementSize(entry.dtype));
  for (const std::int64_t side : entry.shape)
    if (side < 0 || __builtin_mul_overflow(bytes, side, &bytes))
      refuse(file, fmt::format("{} has the shape {}", entry.name, fmt::join(entry.shape, " x ")));
  return bytes;
}

Entry read_entry(const std::string& name, const Json& json, const fs::path& file) {
  const JsonObject object(json, file, name);
  const std::string dtype = object.text("dtype");
  const auto known =
      std::find_if(kDtypes.begin(), kDtypes.end(), [&](const auto& d) { return d.first == dtype; });
  if (known == kDtypes.end()) refuse(file, fmt::format("{} has the dtype {}, unknown here", name, dtype));
  Entry entry{.name = name, .dtype = known->second, .shape = object.integers("shape")};
  const std::vector<std::int64_t> offsets = object.integers("data_offsets");
  if (offsets.size() != 2)
    refuse(file, fmt::format("{} has {} data offsets; expected 2", name, offsets.size()));
  entry.begin = offsets[0];
  entry.end = offsets[1];
  return entry;
}

Json parse_header(std::string_view text, const fs::path& file) {
  Json header = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) refuse(file, "its header is not a JSON object");
  return header;
}

// In the order of the file; together they cover the data, each byte once.
std::vector<Entry> read_entries(const Json& header, std::int64_t data_bytes, const fs::path& file) {
  std::vector<Entry> entries;
  for (const auto& [name, json] : header.items())
    if (name != kMetadata) entries.push_back(read_entry(name, json, file));
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::int64_t covered = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != covered || entry.end < entry.begin ||
        entry.end - entry.begin != count_bytes(entry, file))
      refuse(file, fmt::format("{} lies at bytes {} to {}; expected {} bytes from {} on", entry.name,
                               entry.begin, entry.end, count_bytes(entry, file), covered));
    covered = entry.end;
  }
  if (covered != data_bytes)
    refuse(file, fmt::format("its tensors have {} bytes, the file has {}", covered, data_bytes));
  return entries;
}

}  // namespace

FileSummary write_safetensors(const fs::path& file, const std::vector<NamedTensor>& tensors,
                              const std::map<std::string, std::string>& metadata) {
  const std::vector<NamedTensor> ordered = larger_elements_first(tensors);
  FileDescriptor output(file, O_WRONLY | O_CREAT | O_EXCL);
  FileSummary summary;
  const auto write = [&](std::string_view bytes) {
    write_all(output, bytes, file);
    summary.bytes += static_cast<std::int64_t>(bytes.size());
    summary.crc32 = crc32(std::as_bytes(std::span(bytes)), summary.crc32);
  };
  write(make_head(ordered, metadata));
  for (const NamedTensor& named : ordered) {
    ensure(named.tensor.is_cpu() && named.tensor.is_contiguous(),
           "a file is written from contiguous host memory");
    write(bytes_of(named.tensor));
  }
  output.sync(file);
  output.close(file);
  return summary;
}

std::vector<NamedTensor> parse_safetensors(const at::Tensor& bytes, const fs::path& file) {
  const std::string_view all = bytes_of(bytes);
  if (bytes.numel() < kLengthBytes) refuse(file, fmt::format("it has {} bytes", bytes.numel()));
  std::uint64_t length = 0;
  for (int byte = 0; byte < kLengthBytes; ++byte)
    length |= static_cast<std::uint64_t>(static_cast<unsigned char>(all[byte])) << (8 * byte);
  const std::int64_t most = std::min(kMostHeaderBytes, bytes.numel() - kLengthBytes);
  if (length > static_cast<std::uint64_t>(most))
    refuse(file, fmt::format("its header would have {} bytes; expected at most {}", length, most));
  const Json header = parse_header(all.substr(kLengthBytes, length), file);
  const std::string_view data = all.substr(kLengthBytes + length);

  std::vector<NamedTensor> tensors;
  for (const Entry& entry : read_entries(header, static_cast<std::int64_t>(data.size()), file)) {
    at::Tensor tensor = at::empty(entry.shape, entry.dtype);
    if (tensor.nbytes() > 0)
      std::memcpy(tensor.mutable_data_ptr(), data.data() + entry.begin, tensor.nbytes());
    tensors.push_back({entry.name, tensor});
  }
  return tensors;
}

}  // namespace ganymede
