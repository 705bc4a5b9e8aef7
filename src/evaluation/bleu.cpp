#include "evaluation/bleu.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"

namespace ganymede {
namespace {

using Gram = std::vector<std::int64_t>;

// How often each n-gram stands in a sequence.
std::map<Gram, std::int64_t> count_grams(const std::int64_t* tokens, std::int64_t length, std::int64_t n) {
  std::map<Gram, std::int64_t> counts;
  for (std::int64_t i = 0; i + n <= length; ++i) ++counts[Gram(tokens + i, tokens + i + n)];
  return counts;
}

// The most often that an n-gram stands in one reference, and that of all references but that one.
struct Most {
  std::int64_t first = 0, second = 0, first_in = -1;

  void meet(std::int64_t count, std::int64_t reference) {
    if (count > first) {
      second = std::exchange(first, count);
      first_in = reference;
    } else {
      second = std::max(second, count);
    }
  }
  std::int64_t without(std::int64_t reference) const { return reference == first_in ? second : first; }
};

using References = std::map<Gram, Most>;

References count_references(const at::Tensor& references, std::int64_t n) {
  References most;
  const std::int64_t length = references.size(1);
  for (std::int64_t row = 0; row < references.size(0); ++row)
    for (const auto& [gram, count] :
         count_grams(references.const_data_ptr<std::int64_t>() + row * length, length, n))
      most[gram].meet(count, row);
  return most;
}

// Of each sequence the share of its n-grams that stand in a reference; of itself none where they are the same
// sequences.
std::vector<double> precisions(const at::Tensor& sequences, const References& references, std::int64_t n,
                               bool of_others) {
  constexpr double kOfNone = 0.1;
  std::vector<double> shares;
  const std::int64_t length = sequences.size(1);
  for (std::int64_t row = 0; row < sequences.size(0); ++row) {
    std::int64_t right = 0;
    for (const auto& [gram, count] :
         count_grams(sequences.const_data_ptr<std::int64_t>() + row * length, length, n))
      if (const auto found = references.find(gram); found != references.end())
        right += std::min(count, found->second.without(of_others ? row : -1));
    const auto grams = static_cast<double>(length - n + 1);
    shares.push_back(right == 0 ? (n == 1 ? 0 : kOfNone / grams) : static_cast<double>(right) / grams);
  }
  return shares;
}

std::vector<double> measure(const at::Tensor& sequences, const at::Tensor& references, std::int64_t most,
                            bool of_others) {
  ensure(most >= 2 && sequences.size(1) >= most && references.size(1) >= most,
         "sequences are as long as the longest n-gram");
  std::vector<double> logarithms(static_cast<std::size_t>(sequences.size(0)), 0.0), results;
  for (std::int64_t n = 1; n <= most; ++n) {
    const std::vector<double> shares = precisions(sequences, count_references(references, n), n, of_others);
    double sum = 0;
    for (std::size_t row = 0; row < shares.size(); ++row) {
      logarithms[row] += std::log(shares[row]);
      sum += std::exp(logarithms[row] / static_cast<double>(n));
    }
    if (n >= 2) results.push_back(sum / static_cast<double>(shares.size()));
  }
  return results;
}

}  // namespace

std::vector<double> bleu(const at::Tensor& sequences, const at::Tensor& references, std::int64_t most) {
  return measure(sequences.contiguous(), references.contiguous(), most, false);
}

std::vector<double> self_bleu(const at::Tensor& sequences, std::int64_t most) {
  ensure(sequences.size(0) >= 2, "there are other sequences");
  const at::Tensor contiguous = sequences.contiguous();
  return measure(contiguous, contiguous, most, true);
}

}  // namespace ganymede
