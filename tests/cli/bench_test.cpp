// `ganymede bench` as its users run it.
#include "tests/cli/program_test.hpp"
#include "tests/support/folder_snapshot.hpp"

namespace ganymede {
namespace {

using Json = nlohmann::json;

class BenchTest : public ProgramTest {
 protected:
  // `bench <words>`, on the mlp recipe with the test's dataset where `recipe` says so; its figures.
  Json bench(Words words, int ranks, bool recipe = true) const {
    words.insert(words.begin(), "bench");
    if (recipe)
      for (const std::string& word :
           {std::string(GANYMEDE_SOURCE_DIR "/experiments/mlp/recipe.yaml"), std::string("--threads"),
            std::string("1"), std::string("--set"), "data.path=" + dataset().string(), std::string("--set"),
            std::string("data.global_batch_size=16")})
        words.push_back(word);
    words.insert(words.end(), {"--json", "figures.json"});
    const ProgramResult result = run(words, ranks);
    EXPECT_EQ(result.exit_code, 0) << result.describe();
    output_ = result.output;
    EXPECT_EQ(list_names(folder_.path()), "figures.json\n") << "it leaves nothing else behind";
    return Json::parse(read_text(folder_ / "figures.json"), nullptr, false);
  }

  mutable std::string output_;
};

void expect_spread(const Json& spread) {
  EXPECT_GT(spread.at("min").get<double>(), 0);
  EXPECT_LE(spread.at("min"), spread.at("median"));
  EXPECT_LE(spread.at("median"), spread.at("max"));
}

TEST_F(BenchTest, SaysHowFastStepsAreAndWhatTheyAreMadeOf) {
  const Json figures = bench({"--seconds", "1"}, 2);
  ASSERT_TRUE(figures.is_object());
  EXPECT_EQ(figures.at("recipe"), "mlp");
  EXPECT_EQ(figures.at("ranks"), 2);
  EXPECT_EQ(figures.at("global_batch_size"), 16);
  EXPECT_EQ(figures.at("repeats"), 10);
  expect_spread(figures.at("samples_per_second"));
  expect_spread(figures.at("step_milliseconds"));

  double sum = 0;
  for (const auto& [part, milliseconds] : figures.at("parts_milliseconds").items()) {
    EXPECT_GE(milliseconds.get<double>(), 0) << part;
    sum += milliseconds.get<double>();
  }
  const double step = figures.at("step_milliseconds").at("mean");
  EXPECT_NEAR(sum, step, 0.02 * step);
  // What the parts leave over is little, and each network does take part.
  EXPECT_LT(figures.at("parts_milliseconds").at("rest").get<double>(), 0.5 * step);
  for (const char* part : {"generator_forward", "generator_backward", "discriminator_forward",
                           "discriminator_backward", "communication_exposed", "optimizer"})
    EXPECT_GT(figures.at("parts_milliseconds").at(part).get<double>(), 0) << part;
  // Without a background both are one measurement, added up in two ways.
  EXPECT_GE(figures.at("communication_total_milliseconds").get<double>(),
            figures.at("parts_milliseconds").at("communication_exposed").get<double>() * (1 - 1e-9));
  for (const char* words : {"samples/s", "discriminator backward", "communication, exposed", "mlp: 2 ranks"})
    EXPECT_THAT(output_, testing::HasSubstr(words));
}

TEST_F(BenchTest, WarmUpIsLeftOut) {
  const Json figures = bench({"--seconds", "0.5"}, 2);
  ASSERT_TRUE(figures.is_object());
  EXPECT_GE(figures.at("warm_up_steps"), 4);
  // The repeats alone take the seconds that were asked for, within what a busy machine does to them.
  const double measured = figures.at("step_milliseconds").at("mean").get<double>() / 1e3 *
                          figures.at("steps_per_repeat").get<double>() * figures.at("repeats").get<double>();
  EXPECT_GT(measured, 0.1);
  EXPECT_LT(measured, 5);
}

TEST_F(BenchTest, CommunicationBesideMpi) {
  const Json figures = bench({"communication", "--sizes", "4,64K", "--seconds", "0.1"}, 2, /*recipe=*/false);
  ASSERT_TRUE(figures.is_object());
  ASSERT_EQ(figures.at("sizes").size(), 2U);
  EXPECT_EQ(figures.at("sizes")[0].at("bytes"), 4);
  EXPECT_EQ(figures.at("sizes")[1].at("bytes"), 65536);
  for (const Json& size : figures.at("sizes")) {
    for (const char* way : {"gradient_sum", "all_reduce"}) {
      expect_spread(size.at(way));
      EXPECT_NEAR(size.at(way).at("gigabytes_per_second").get<double>(),
                  size.at("bytes").get<double>() / 1e3 / size.at(way).at("median").get<double>(), 1e-6);
    }
    EXPECT_NEAR(
        size.at("ratio").get<double>(),
        size.at("all_reduce").at("median").get<double>() / size.at("gradient_sum").at("median").get<double>(),
        1e-6);
  }
}

TEST_F(BenchTest, PlanKnowsFactorsBetweenNodesOfOneRank) {
  const Words plan{"plan", "--bandwidth", "1", "--latency", "50", "--seconds", "1"};
  const auto with = [&](Words more) {
    more.insert(more.begin(), plan.begin(), plan.end());
    return bench(more, 1);
  };
  const Json figures = with({"--nodes", "1,4"});
  ASSERT_TRUE(figures.is_object());
  const Json& clusters = figures.at("clusters");
  EXPECT_FALSE(clusters[0].at("factors"));
  EXPECT_EQ(clusters[0].at("products_milliseconds"), 0);
  EXPECT_TRUE(clusters[1].at("factors"));
  // A sum sends 3/4 of its bytes twice, a gathering the factors of three ranks with 16 rows each.
  double bytes = 0, product_microseconds = 0;
  std::int64_t products = 0;
  for (const Json& event : figures.at("fit").at("timeline")) {
    const auto gradient = event.at(1).get<double>();
    const bool is_product = event.size() > 2;
    products += is_product;
    if (is_product && 4 * 16 * event.at(2).get<double>() <= gradient) {
      bytes += 3 * 16 * event.at(2).get<double>();
      product_microseconds += 16 * event.at(3).get<double>();
    } else {
      bytes += 1.5 * gradient;
    }
  }
  EXPECT_GE(products, 4) << "two matrices of each network";
  EXPECT_NEAR(clusters[1].at("network_sum_milliseconds").get<double>(),
              bytes / (125e6 * 1448 / 1538) * 1e3 + 2 * 4 * 0.05, 1e-6);
  EXPECT_GT(product_microseconds, 0);
  EXPECT_NEAR(clusters[1].at("products_milliseconds").get<double>(), 3 * product_microseconds / 1e3, 1e-6);

  EXPECT_FALSE(with({"--nodes", "4", "--set", "communication.factors=off"}).at("clusters")[0].at("factors"));
  EXPECT_FALSE(with({"--nodes", "3", "--strong"}).at("clusters")[0].at("factors")) << "shares are unequal";
}

TEST_F(BenchTest, PlanPredictsClustersAndComparesWithThePresentRanks) {
  const Json figures = bench(
      {"plan", "--nodes", "1,4", "--bandwidth", "1", "--latency", "50", "--seconds", "1", "--validate"}, 2);
  ASSERT_TRUE(figures.is_object());
  const Json &fit = figures.at("fit"), &clusters = figures.at("clusters");
  EXPECT_TRUE(fit.at("slowdown_measured"));
  EXPECT_TRUE(fit.at("node_sums_measured"));
  EXPECT_EQ(fit.at("gradient_sums"), 2);
  EXPECT_EQ(fit.at("small_sums"), 1) << "of a network without batch normalisation: the verdict";
  ASSERT_EQ(clusters.size(), 2U);
  EXPECT_EQ(clusters[0].at("rows"), 8);
  EXPECT_EQ(clusters[0].at("efficiency"), 1);
  EXPECT_EQ(clusters[1].at("nodes"), 4);
  EXPECT_EQ(clusters[1].at("ranks_per_node"), 2);
  // Four nodes send 3/4 of the bytes twice, at 1 Gbit/s less TCP/IP's headers, and 2 log2(4) messages for
  // each sum.
  const auto gradient_bytes = fit.at("gradient_bytes").get<double>();
  EXPECT_NEAR(clusters[1].at("network_sum_milliseconds").get<double>(),
              1.5 * gradient_bytes / (125e6 * 1448 / 1538) * 1e3 + 2 * 4 * 0.05, 1e-6);
  // Two sums, each needed after the gradients that it is made of.
  double bytes = 0, before = 0;
  int needed = 0;
  for (const Json& event : fit.at("timeline")) {
    EXPECT_GE(event.at(0).get<double>(), before);
    before = event.at(0).get<double>();
    bytes += event.at(1).get<double>();
    needed += event.at(1) == 0;
  }
  EXPECT_EQ(bytes, gradient_bytes);
  EXPECT_EQ(needed, 2);
  EXPECT_LT(before, 1);
  EXPECT_LT(clusters[1].at("efficiency"), 1);
  expect_spread(figures.at("validation").at("measured_step_milliseconds"));
  EXPECT_EQ(figures.at("validation").at("predicted").at("rows"), 8);
  EXPECT_THAT(output_, testing::HasSubstr("error"));
}

}  // namespace
}  // namespace ganymede
