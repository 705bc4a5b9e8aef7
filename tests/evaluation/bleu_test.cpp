// BLEU against nltk 3.10's sentence_bleu with SmoothingFunction().method1 and equal weights, averaged.
#include "evaluation/bleu.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ganymede {
namespace {

at::Tensor hypotheses() {
  return at::tensor({1, 2, 3, 4, 5, 1, 2, 2, 2, 9, 7, 7, 7, 7, 7, 5, 4, 3, 2, 1, 8, 8, 9, 1, 2}, at::kLong)
      .view({5, 5});
}

TEST(Bleu, IsThatOfNltk) {
  const at::Tensor references =
      at::tensor({1, 2, 3, 4, 6, 2, 2, 9, 4, 5, 5, 4, 3, 1, 2, 1, 2, 3, 9, 9}, at::kLong).view({4, 5});
  const std::vector<double> found = bleu(hypotheses(), references, 4);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_NEAR(found[0], 0.5738003570097545, 1e-12);
  EXPECT_NEAR(found[1], 0.43594056303912926, 1e-12);
  EXPECT_NEAR(found[2], 0.30078886687448014, 1e-12);
}

TEST(Bleu, OfSamplesAgainstOneAnotherIsThatOfNltk) {
  const std::vector<double> found = self_bleu(hypotheses(), 4);
  EXPECT_NEAR(found[0], 0.28654211044998046, 1e-12);
  EXPECT_NEAR(found[1], 0.12776777174851114, 1e-12);
  EXPECT_NEAR(found[2], 0.09494030986319844, 1e-12);
}

TEST(Bleu, IsOneWhereAllIsKnown) {
  const at::Tensor alike = at::arange(6).expand({7, 6});
  EXPECT_DOUBLE_EQ(self_bleu(alike, 4)[2], 1);
  EXPECT_DOUBLE_EQ(bleu(hypotheses(), hypotheses(), 3)[1], 1);
}

}  // namespace
}  // namespace ganymede
