#include "procedures/sequence/oracle.hpp"

#include <filesystem>

#include "base/error.hpp"
#include "procedures/sequence/streams.hpp"
#include "procedures/sequence/token_sampler.hpp"
#include "storage/file_bytes.hpp"
#include "storage/safetensors_file.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSize = 32;  // of embedding and hidden state

class OracleFile {
 public:
  explicit OracleFile(const std::string& name) : file_(name) {
    require(fs::is_regular_file(file_), "sequence.oracle.file: {}: no such file", file_.string());
    tensors_ =
        parse_safetensors(read_file_of_size(file_, static_cast<std::int64_t>(fs::file_size(file_))), file_);
  }

  std::int64_t vocabulary() const {
    const at::Tensor& embedding = find("embedding");
    if (embedding.dim() != 2) refuse("embedding", embedding, {0, kSize});
    return embedding.size(0);
  }

  const at::Tensor& get(const std::string& name, at::IntArrayRef sizes) const {
    const at::Tensor& tensor = find(name);
    if (tensor.sizes() != sizes || !tensor.is_floating_point()) refuse(name, tensor, sizes);
    return tensor;
  }

  // Of the four gates, below one another as in nn.LSTM.
  at::Tensor gates(const std::string& kind, std::vector<std::int64_t> sizes) const {
    std::vector<at::Tensor> all;
    for (const char* gate : {"input", "forget", "cell", "output"}) all.push_back(get(kind + gate, sizes));
    return sizes.size() == 2 ? at::cat(all, 1).t() : at::cat(all);
  }

 private:
  const at::Tensor& find(const std::string& name) const {
    for (const NamedTensor& one : tensors_)
      if (one.name == name) return one.tensor;
    throw DataError(
        fmt::format("{}: it has no tensor '{}'; expected an oracle (docs/recipes.md)", file_.string(), name));
  }
  [[noreturn]] void refuse(const std::string& name, const at::Tensor& found, at::IntArrayRef expected) const {
    throw DataError(fmt::format("{}: {} is {} of [{}]; expected floating numbers of [{}]", file_.string(),
                                name, c10::toString(found.scalar_type()), fmt::join(found.sizes(), ", "),
                                fmt::join(expected, ", ")));
  }

  const fs::path file_;
  std::vector<NamedTensor> tensors_;
};

void load(SequenceGenerator& oracle, const OracleFile& file, std::int64_t vocabulary) {
  const at::NoGradGuard no_grad;
  auto parameters = oracle.named_parameters();
  const auto set = [&](const char* name, const at::Tensor& value) { parameters[name].copy_(value); };
  set("lstm.embedding", file.get("embedding", {vocabulary, kSize}));
  set("lstm.input.weight", file.gates("w_", {kSize, kSize}));
  set("lstm.hidden.weight", file.gates("u_", {kSize, kSize}));
  set("lstm.input.bias", file.gates("b_", {kSize}));
  parameters["lstm.hidden.bias"].zero_();
  set("output.weight", file.get("w_logits", {kSize, vocabulary}).t());
  set("output.bias", file.get("b_logits", {vocabulary}));
}

}  // namespace

std::shared_ptr<SequenceGenerator> make_oracle(const OracleOptions& options, std::int64_t vocabulary,
                                               const at::TensorOptions& compute) {
  const auto oracle = make_sequence_generator(
      LstmGeneratorOptions{.embedding_size = kSize, .hidden_size = kSize, .initial_deviation = 1.0},
      {.vocabulary = vocabulary,
       .seed = static_cast<std::uint64_t>(options.seed.value_or(0)),
       .id = SequenceNetworkId::oracle,
       .compute = compute});
  if (options.file.empty()) return oracle;
  const OracleFile file(options.file);
  if (file.vocabulary() != vocabulary)
    throw DataError(fmt::format("{}: an oracle of {} tokens, but the dataset's sequences are of {}",
                                options.file, file.vocabulary(), vocabulary));
  load(*oracle, file, vocabulary);
  return oracle;
}

at::Tensor draw_from_oracle(const SequenceGenerator& oracle, std::uint64_t seed, std::int64_t first,
                            std::int64_t count, std::int64_t length) {
  const RandomStream stream(seed, {.purpose = Purpose::synthesize}, 0);
  return sample_sequences(oracle, draw_uniform(stream, first, {count, length}, 0, 1, at::kFloat))
      .to(at::kInt);
}

}  // namespace ganymede
