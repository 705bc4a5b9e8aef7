// Datasets of points: their files, and the loader's guarantees for them.
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <limits>

#include "data/format/dataset_reader.hpp"
#include "data/format/dataset_verification.hpp"
#include "data/format/dataset_writer.hpp"
#include "data/loading/batch_loader.hpp"
#include "storage/checksum.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSamples = 100, kDimensions = 3;

// Coordinate d of point i is 3 i + d + 1/4.
at::Tensor points(std::int64_t first, std::int64_t count) {
  return at::arange(3 * first, 3 * (first + count)).add(0.25).to(at::kFloat).reshape({count, kDimensions});
}

class PointsDataset : public testing::Test {
 protected:
  DatasetIndex write(const std::string& name, int shards) {
    DatasetWriter writer({.folder = folder_ / name,
                          .samples = kSamples,
                          .spec = point_spec(kDimensions),
                          .shards = shards,
                          .rows_per_chunk = 8});
    for (std::int64_t first = 0; first < kSamples; first += 10) writer.append({points(first, 10)});
    return writer.finish();
  }

  // Changes the index, expects reading it to fail with all of `words`.
  template <typename Change>
  void expect_data_error(Change change, const std::vector<std::string>& words) {
    const fs::path file = index_.folder / "index.json";
    const Json original = read_json(file);
    Json json = original;
    change(json);
    write_json_atomically(file, json);
    expect_error<DataError>([&] { read_dataset_index(index_.folder); }, words);
    write_json_atomically(file, original);
  }

  TemporaryFolder folder_;
  DatasetIndex index_ = write("points", 3);
  // Windows of two chunks, so that batches straddle windows.
  BatchLoaderOptions options_{.seed = 5, .global_batch_size = 11, .window_bytes = 2 * 8 * 3 * 4};
};

TEST_F(PointsDataset, ComesBackAsItWasWritten) {
  const DatasetIndex index = read_dataset_index(index_.folder);
  EXPECT_EQ(index.spec, point_spec(3));
  EXPECT_EQ(index.spec.sample().image_shape(), (ImageShape{.channels = 1, .height = 1, .width = 3}));
  EXPECT_FALSE(index.modes);
  for (std::size_t shard = 0; shard < 3; ++shard) verify_shard(index, shard);
  const at::Tensor read = at::empty({50, 3}, at::kFloat);
  DatasetReader(index).read(index.spec.sample(), 20, 50, read);
  EXPECT_TRUE(at::equal(read, points(20, 50)));
  EXPECT_THAT(describe_dataset(index), testing::HasSubstr("points   3 dimensions, float32"));
}

TEST_F(PointsDataset, AnotherProgramReadsIt) {
  const std::string script = fmt::format(
      "import h5py, json, numpy\n"
      "index = json.load(open('{0}/index.json'))\n"
      "assert index['points'] == {{'dimensions': 3}} and 'images' not in index and index['version'] == 1, "
      "index\n"
      "shards = [h5py.File('{0}/' + shard['file']) for shard in index['shards']]\n"
      "points = numpy.concatenate([shard['points'][:] for shard in shards])\n"
      "assert points.dtype == '<f4' and (points.ravel() == numpy.arange(300) + 0.25).all(), points\n"
      "assert all('images' not in shard for shard in shards)\n",
      index_.folder.string());
  write_text(folder_ / "read.py", script);
  EXPECT_EQ(std::system((std::string(GANYMEDE_PYTHON) + " " + (folder_ / "read.py").string()).c_str()), 0);
}

TEST_F(PointsDataset, TheLoaderGivesEachPointOnceAnEpochUnchanged) {
  options_.pixel_low = 0;  // pixel options do not apply
  options_.dtype = at::kDouble;
  options_.global_batch_size = 10;
  BatchLoader loader(index_, options_, 0, 1);
  std::vector<at::Tensor> batches;
  for (int step = 0; step < 10; ++step) {
    batches.push_back(loader.next().fields[0]);
    EXPECT_EQ(batches.back().sizes(), at::IntArrayRef({10, 3}));
  }
  const at::Tensor all = at::cat(batches).reshape({kSamples, 3});
  const at::Tensor order = all.select(1, 0).argsort();
  EXPECT_FALSE(at::equal(order, at::arange(kSamples))) << "shuffled";
  EXPECT_TRUE(at::equal(all.index_select(0, order), points(0, kSamples).to(at::kDouble)));
}

TEST_F(PointsDataset, NeitherRanksNorShardsChangeABatch) {
  const DatasetIndex other = write("other", 7);
  for (const int size : {1, 2, 3, 13}) {
    BatchLoader whole(index_, options_, 0, 1);
    std::vector<std::unique_ptr<BatchLoader>> ranks;
    for (int rank = 0; rank < size; ++rank)
      ranks.push_back(std::make_unique<BatchLoader>(other, options_, rank, size));
    for (std::int64_t step = 0; step < 20; ++step) {
      std::vector<at::Tensor> parts;
      for (const auto& loader : ranks) parts.push_back(loader->next().fields[0]);
      EXPECT_TRUE(at::equal(at::cat(parts), whole.next().fields[0])) << size << " ranks, step " << step;
    }
  }
}

TEST_F(PointsDataset, CannotBeMirrored) {
  options_.horizontal_flip = true;
  expect_error<UserError>([&] { BatchLoader(index_, options_, 0, 1); },
                          {"horizontal_flip is true", "points holds points", "dataset of images"});
}

TEST_F(PointsDataset, WrongFieldsAreNamed) {
  expect_data_error([](Json& json) { json["points"]["dimensions"] = 0; },
                    {"index.json: points.dimensions is 0; expected an integer of at least 1"});
  expect_data_error(
      [](Json& json) {
        json["images"] = {{"channels", 1}, {"height", 1}, {"width", 3}};
      },
      {"index.json: it has both images and points; expected one"});
  const Json modes = {{"centers", {{0, 1}}}, {"standard_deviation", 0.5}};
  expect_data_error([&](Json& json) { json["modes"] = modes; }, {"index.json: it has modes", "2 dimensions"});
  const auto expect_wrong_modes = [&](const char* key, const Json& value,
                                      const std::vector<std::string>& words) {
    expect_data_error(
        [&](Json& json) {
          json["points"]["dimensions"] = 2;
          json["modes"] = modes;
          json["modes"][key] = value;
        },
        words);
  };
  expect_wrong_modes("centers", Json::array(), {"modes.centers is []; expected a list of pairs"});
  expect_wrong_modes("centers", {{1, 2}, {1, 2, 3}}, {"modes.centers[1] is [1,2,3]; expected a pair"});
  expect_wrong_modes("standard_deviation", -1, {"modes.standard_deviation is -1", "at least 0"});
}

TEST_F(PointsDataset, ShardsThatDisagreeAreNamed) {
  DatasetIndex wider = index_;
  wider.spec = point_spec(4);
  BatchLoader loader(wider, options_, 0, 1);
  expect_error<DataError>([&] { loader.next(); }, {"'points' is Float [", ", 3]; expected Float [", ", 4]"});

  const fs::path path = index_.shard_path(2);
  const at::Tensor spoiled = points(67, 33);
  spoiled[5][1] = std::numeric_limits<float>::infinity();
  Hdf5File file = Hdf5File::create(path);
  file.write_tensor("points", spoiled);
  file.write_attribute("format_version", std::int64_t{1});
  file.write_attribute("samples", std::int64_t{33});
  file.close();
  index_.shards[2].crc32 = crc32_of_file(path);
  expect_error<DataError>([&] { verify_shard(index_, 2); },
                          {"shard_00002.h5: points[5][1] is inf; expected a finite number"});
}

}  // namespace
}  // namespace ganymede
