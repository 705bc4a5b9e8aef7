// Conditioning by text: what samples are of, and what the encoder learns from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "distributed/lone_communicator.hpp"
#include "procedures/training_state.hpp"
#include "tests/procedures/adversarial/parts.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

class TextConditioned : public testing::Test {
 protected:
  std::unique_ptr<Procedure> make(const std::string& part = "text") {
    options_ = part_options(part);
    return make_gan(options_, {.seed = 1, .sources = {kPartSpec}, .compute = at::kDouble}, communicator_);
  }
  void step(Procedure& gan, std::int64_t number) {
    take_losses(gan, number, part_batches(1, number, options_, {0, kPartBatchSize}, at::kDouble));
  }
  // Of the encoder's weights.
  static std::uint32_t checksum(Procedure& gan) {
    TrainingState weights;
    for (const NamedTensor& named : view_state(gan))
      if (named.name.starts_with("encoder/parameters")) weights.push_back(named);
    EXPECT_EQ(weights.size(), 3U);
    return checksum_state(weights);
  }
  AdversarialOptions options_;
  LoneCommunicator communicator_;
};

TEST_F(TextConditioned, SamplesAreOfTheTextOneAsksFor) {
  const auto gan = make();
  EXPECT_TRUE(gan->sample_form().takes(SampleInput::text));
  const SampleSet one = gan->sample({.count = 2, .of = std::string("B, a!")});
  EXPECT_THAT(one.texts, testing::ElementsAre("b a", "b a"));
  EXPECT_FALSE(at::equal(one.values, gan->sample({.count = 2, .of = std::string("c")}).values));
  EXPECT_TRUE(at::allclose(one.values, gan->sample({.count = 2, .of = std::string("a b")}).values, 0, 1e-12))
      << "a bag of words";
  expect_error<UserError>([&] { gan->sample({.count = 2, .of = std::string("a xylophone zz")}); },
                          {"'xylophone'", "'zz'", "training data lack"});
}

TEST_F(TextConditioned, SamplesWithoutATextAreOfTheFirstBatchsCaptions) {
  const auto gan = make();
  EXPECT_EQ(gan->sample({.count = 1}).texts.front(), "") << "no batch has been seen";
  step(*gan, 0);
  const std::vector<std::string> texts = gan->sample({.count = 64}).texts;
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], texts[i / 8 * 8]) << "eight of each";
  EXPECT_EQ(texts[0], "a") << "caption of place 0 of batch 0";
  EXPECT_EQ(texts[8], "b d");
  EXPECT_EQ(texts[16], "c e a");
  EXPECT_EQ(texts[56], "b d") << "there are only six, so they come again";
  step(*gan, 1);
  EXPECT_EQ(gan->sample({.count = 64}).texts, texts);
  EXPECT_EQ(gan->sample({.first_place = 20, .count = 1}).texts.front(), texts[20]);
}

// With a learning rate of the discriminator so small that its weights stay, nothing but the encoder's own
// update moves it.
TEST_F(TextConditioned, TheEncoderLearnsWithTheDiscriminatorAlone) {
  const auto gan = make();
  const std::uint32_t before = checksum(*gan);
  options_.critic_steps = 1;
  step(*gan, 0);
  EXPECT_NE(checksum(*gan), before);
  options_ = part_options("text");
  std::get<TextCondition>(options_.condition).update.optimizer = SgdOptions{.learning_rate = 1e-300};
  const auto still =
      make_gan(options_, {.seed = 1, .sources = {kPartSpec}, .compute = at::kDouble}, communicator_);
  const std::uint32_t at_first = checksum(*still);
  EXPECT_EQ(at_first, before);
  step(*still, 0);
  EXPECT_EQ(checksum(*still), at_first) << "the generator's update moved it";
}

TEST_F(TextConditioned, NeedsCaptions) {
  const DataSpec bare = image_spec(kPartShape, {"0", "1", "2", "3"});
  expect_error<UserError>([&] { make_gan(part_options("text"), {.sources = {bare}}, communicator_); },
                          {"gan.condition is text", "no captions", "dataset import coco"});
}

}  // namespace
}  // namespace ganymede
