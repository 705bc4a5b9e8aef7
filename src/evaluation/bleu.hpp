// BLEU (Papineni et al. 2002) of token sequences of one length, as texts of generators are measured: each
// sequence against all references (Yu et al. 2017, section 5), and Self-BLEU (Zhu et al. 2018,
// section 3.2.2).
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace ganymede {

// [0] is BLEU-2, the last BLEU-most: geometric means of the clipped shares of 1 ... n-grams that stand in a
// reference, averaged over the sequences; a share of 0 counts as 0.1 n-grams (Chen and Cherry 2014, method
// 1), and a sequence without any known token has 0. Sequences int64 [n, length] and references [m, length],
// with length >= most.
std::vector<double> bleu(const at::Tensor& sequences, const at::Tensor& references, std::int64_t most);

// Of each sequence against all others: 1 where all are alike. n >= 2.
std::vector<double> self_bleu(const at::Tensor& sequences, std::int64_t most);

}  // namespace ganymede
