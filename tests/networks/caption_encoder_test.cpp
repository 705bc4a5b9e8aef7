#include "networks/caption_encoder.hpp"

#include <gtest/gtest.h>

namespace ganymede {
namespace {

TEST(CaptionEncoders, TakeTheMeanOfTheWordsThatThereAre) {
  const auto encoder = make_caption_encoder({.embedding_size = 4, .condition_size = 3}, false,
                                            {.vocabulary = 5, .seed = 1, .id = {}, .compute = at::kDouble});
  const at::Tensor captions = at::tensor({1, 2, 0, 3, 0, 0, 2, 1, 2, 0, 0, 0}, at::kLong).view({4, 3});
  const at::Tensor found = encoder->forward(captions, {});
  const auto parameters = encoder->named_parameters();
  const at::Tensor embedding = parameters["embedding"];
  const at::Tensor means = at::stack({(embedding[1] + embedding[2]) / 2, embedding[3],
                                      (embedding[2] * 2 + embedding[1]) / 3, at::zeros({4}, at::kDouble)});
  const at::Tensor expected = (means.mm(parameters["output.weight"].t()) + parameters["output.bias"]).tanh();
  EXPECT_TRUE(at::allclose(found, expected, 1e-12, 1e-14));

  found.sum().backward();
  EXPECT_TRUE(embedding.grad()[0].eq(0).all().item<bool>()) << "no word learns nothing";
  EXPECT_TRUE(embedding.grad()[3].ne(0).all().item<bool>());
  EXPECT_TRUE(embedding.grad()[4].eq(0).all().item<bool>()) << "nor does one that is not there";
}

}  // namespace
}  // namespace ganymede
