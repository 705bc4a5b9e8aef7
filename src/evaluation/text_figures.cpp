#include "evaluation/text_figures.hpp"

#include "base/error.hpp"
#include "evaluation/bleu.hpp"

namespace ganymede {

Figures measure_texts(const at::Tensor& generated, const at::Tensor& references,
                      const std::string& references_are) {
  constexpr std::int64_t kMost = 4;
  const std::int64_t most = std::min(kMost, generated.size(1));
  const std::vector<double> near = bleu(generated, references, most), alike = self_bleu(generated, most);
  Figures figures;
  for (std::size_t i = 0; i < near.size(); ++i)
    figures.push_back(
        {fmt::format("bleu_{}", i + 2), near[i],
         fmt::format("against {} {}: 1 is all known phrases", references.size(0), references_are)});
  for (std::size_t i = 0; i < alike.size(); ++i)
    figures.push_back(
        {fmt::format("self_bleu_{}", i + 2), alike[i], "of each sample against the others: 1 is all alike"});
  return figures;
}

}  // namespace ganymede
