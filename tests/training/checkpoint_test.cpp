#include "training/checkpoint.hpp"

#include <gtest/gtest.h>

#include "distributed/loopback_communicator.hpp"
#include "gans/adversarial_gan.hpp"
#include "tests/gans/reference_batch.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/full_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

// A small GAN of every kind of state: batch normalisation's statistics, dropout, Adam's moments.
AdversarialGanOptions small_options() {
  return {.update = Update::simultaneous,
          .generator = {.network = DcganGeneratorOptions{.noise_size = 4}, .optimizer = AdamOptions{}},
          .discriminator = {.network = DcganDiscriminatorOptions{}, .optimizer = AdamOptions{}}};
}

std::unique_ptr<Gan> make_gan(Communicator& communicator, std::uint64_t seed = 1) {
  return make_adversarial_gan(small_options(), {.seed = seed, .shape = kReferenceShape, .dtype = at::kFloat},
                              communicator);
}

Batch small_batch(std::int64_t step) {
  Batch batch = reference_batch(1, step, 0, 4, at::kFloat);
  batch.global_batch_size = 4;
  return batch;
}

void damage(const fs::path& file) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(fs::file_size(file) / 2));
  const char byte = static_cast<char>(stream.get());
  stream.seekp(static_cast<std::streamoff>(fs::file_size(file) / 2));
  stream.put(static_cast<char>(byte ^ 1));
}

class Checkpoints : public testing::Test {
 protected:
  // Runs body with a loopback communicator of one rank.
  template <typename Body>
  void alone(Body body) {
    run_loopback_ranks(1, body);
  }
  void save(std::int64_t step, Gan& gan, std::int64_t keep = 3) {
    save_checkpoint_on_root(folder_.path(), {.step = step, .samples = 100, .shape = kReferenceShape},
                            gan.players(), keep);
  }
  TemporaryFolder folder_;
};

TEST_F(Checkpoints, TwoAndTwoStepsEqualFourBitForBit) {
  alone([&](Communicator& communicator) {
    const auto straight = make_gan(communicator), first = make_gan(communicator);
    for (int step = 0; step < 4; ++step) straight->step(small_batch(step));
    for (int step = 0; step < 2; ++step) first->step(small_batch(step));
    save(2, *first);

    const auto second = make_gan(communicator, /*seed=*/1);
    for (const Player& player : second->players())
      player.arena.values().fill_(0.5);  // nothing of the start is left
    const auto checkpoint = find_latest_checkpoint(folder_.path());
    ASSERT_TRUE(checkpoint);
    const CheckpointInfo info = read_checkpoint_info(*checkpoint);
    EXPECT_EQ(info.step, 2);
    EXPECT_EQ(info.samples, 100);
    EXPECT_EQ(info.shape, kReferenceShape);
    load_checkpoint(*checkpoint, second->players());
    EXPECT_EQ(checksum_state(second->players()), checksum_state(first->players()));
    for (int step = 2; step < 4; ++step) second->step(small_batch(step));
    EXPECT_EQ(checksum_state(second->players()), checksum_state(straight->players()));
    EXPECT_TRUE(at::equal(second->sample({.count = 3}).images, straight->sample({.count = 3}).images));
  });
}

TEST_F(Checkpoints, TheStateNamesParametersStatisticsAndMoments) {
  alone([&](Communicator& communicator) {
    const auto gan = make_gan(communicator);
    std::vector<std::string> names;
    for (const NamedTensor& tensor : collect_state(gan->players())) names.push_back(tensor.name);
    EXPECT_THAT(names,
                testing::IsSupersetOf(
                    {"generator/parameters/dense.weight", "generator/buffers/normalization0.running_mean",
                     "generator/optimizer/first_moment/dense.weight", "generator/optimizer/steps",
                     "discriminator/optimizer/second_moment/convolution1.bias"}));
  });
}

TEST_F(Checkpoints, OnlyTheNewestAreKept) {
  alone([&](Communicator& communicator) {
    const auto gan = make_gan(communicator);
    for (const int step : {1, 2, 3, 10}) save(step, *gan, /*keep=*/2);
    EXPECT_FALSE(fs::exists(folder_.path() / "step_00000002"));
    EXPECT_TRUE(fs::exists(folder_.path() / "step_00000003"));
    EXPECT_EQ(find_latest_checkpoint(folder_.path()), folder_.path() / "step_00000010");
  });
}

TEST_F(Checkpoints, ADamagedOneIsPassedOverForTheOneBefore) {
  alone([&](Communicator& communicator) {
    const auto gan = make_gan(communicator);
    for (const int step : {1, 2, 3}) save(step, *gan);
    damage(folder_.path() / "step_00000003/state.h5");
    fs::remove(folder_.path() / "step_00000002/manifest.json");
    EXPECT_EQ(find_latest_checkpoint(folder_.path()), folder_.path() / "step_00000001");
    expect_error<DataError>([&] { read_checkpoint_info(folder_.path() / "step_00000003"); },
                            {"state.h5", "checksum"});
  });
}

TEST_F(Checkpoints, OneOfAnotherRecipeIsRefused) {
  alone([&](Communicator& communicator) {
    save(1, *make_gan(communicator));
    AdversarialGanOptions other = small_options();
    other.generator.network = DcganGeneratorOptions{.noise_size = 5};
    const auto gan =
        make_adversarial_gan(other, {.seed = 1, .shape = kReferenceShape, .dtype = at::kFloat}, communicator);
    expect_error<DataError>([&] { load_checkpoint(folder_.path() / "step_00000001", gan->players()); },
                            {"state.h5", "generator/parameters/dense.weight", "another recipe"});
  });
}

TEST_F(Checkpoints, AFullDiskLeavesTheOneBeforeIntact) {
  alone([&](Communicator& communicator) {
    const auto gan = make_gan(communicator);
    save(1, *gan);
    {
      const FullDisk full_disk(100'000);
      EXPECT_THROW(save(2, *gan), Error);
    }
    EXPECT_EQ(find_latest_checkpoint(folder_.path()), folder_.path() / "step_00000001");
    save(2, *gan);
    EXPECT_EQ(find_latest_checkpoint(folder_.path()), folder_.path() / "step_00000002");
  });
}

TEST(StateBroadcast, MakesAllRanksEqualToRankZero) {
  run_loopback_ranks(3, [](Communicator& communicator) {
    const auto gan = make_gan(communicator, /*seed=*/100 + communicator.rank());
    broadcast_state(communicator, gan->players());
    const at::Tensor checksums = communicator.all_gather(
        at::full({1}, static_cast<std::int64_t>(checksum_state(gan->players())), at::kLong));
    EXPECT_EQ(checksums.min().item<std::int64_t>(), checksums.max().item<std::int64_t>());
  });
}

}  // namespace
}  // namespace ganymede
