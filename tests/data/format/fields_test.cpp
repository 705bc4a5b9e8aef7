// Fields that the program has no importer for: written, read, verified and loaded by what the dataset says of
// them.
#include <gtest/gtest.h>

#include "data/format/dataset_reader.hpp"
#include "data/format/dataset_verification.hpp"
#include "data/format/dataset_writer.hpp"
#include "data/loading/batch_loader.hpp"
#include "distributed/lone_communicator.hpp"
#include "storage/json_file.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kFieldSamples = 30, kWords = 50;

// Sentences of 5 words, a vector beside each, and its class.
const DataSpec kSentences{
    .fields = {{.name = "sentences", .meaning = Meaning::tokens, .shape = {5}, .values = kWords},
               {.name = "vectors", .meaning = Meaning::numbers, .shape = {2, 3}},
               {.name = "topics", .meaning = Meaning::label, .values = 2, .names = {"sport", "weather"}}}};

std::vector<at::Tensor> sentence_fields(std::int64_t first, std::int64_t count) {
  const at::Tensor sample = at::arange(first, first + count);
  return {(sample.view({count, 1}) + at::arange(5)).remainder(kWords).to(at::kInt),
          (sample.view({count, 1, 1}) * 6 + at::arange(6).view({1, 2, 3})).to(at::kFloat),
          sample.remainder(2)};
}

class Fields : public testing::Test {
 protected:
  DatasetIndex write(std::vector<at::Tensor> fields, const DataSpec& spec = kSentences) {
    DatasetWriter writer({.folder = folder_ / "sentences",
                          .samples = fields.front().size(0),
                          .spec = spec,
                          .shards = 2,
                          .rows_per_chunk = 4});
    writer.append(fields);
    writer.finish();
    return read_dataset_index(folder_ / "sentences");
  }
  TemporaryFolder folder_;
};

TEST_F(Fields, ComeBackAsTheyWereWritten) {
  const DatasetIndex index = write(sentence_fields(0, kFieldSamples));
  EXPECT_EQ(index.spec, kSentences);
  DatasetReader reader(index);
  const std::vector<at::Tensor> expected = sentence_fields(0, kFieldSamples);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Field& field = index.spec.fields[i];
    const at::Tensor read = at::empty(field.sizes(kFieldSamples), field.stored());
    reader.read(field, 0, kFieldSamples, read);
    EXPECT_TRUE(at::equal(read, expected[i])) << field.name;
  }
  for (std::size_t shard = 0; shard < 2; ++shard) verify_shard(index, shard);
  EXPECT_NE(describe_dataset(index).find("sentences 5 of 50 words"), std::string::npos);
}

TEST_F(Fields, KeepTheirOrderBesideImagesAndLabels) {
  const Field captions{.name = "captions", .meaning = Meaning::tokens, .shape = {3}, .values = 9};
  const Field labels = image_spec({1, 2, 2}, {"a", "b"}).fields[1], images = image_spec({1, 2, 2}).sample();
  int number = 0;
  for (const std::vector<Field>& fields : std::vector<std::vector<Field>>{
           {images, captions}, {images, labels, captions}, {images, captions, labels}, {captions, labels}}) {
    std::vector<at::Tensor> contents;
    for (const Field& field : fields) contents.push_back(at::ones(field.sizes(4), field.stored()));
    const auto folder = folder_ / std::to_string(number++);
    DatasetWriter writer({.folder = folder, .samples = 4, .spec = {fields}});
    writer.append(contents);
    writer.finish();
    EXPECT_EQ(read_dataset_index(folder).spec, (DataSpec{fields})) << number;
    verify_shard(read_dataset_index(folder), 0);
  }
}

TEST_F(Fields, AreInBatchesOfAnyNumberOfRanksFromMemoryAndFromShards) {
  const DatasetIndex index = write(sentence_fields(0, kFieldSamples));
  LoneCommunicator alone;
  const BatchLoaderOptions options{.seed = 3, .global_batch_size = 7};
  BatchLoader whole(index, options, 0, 1),
      cached(index, options, 0, 1, {cache_samples(index, 1 << 20, alone.host_group())});
  BatchLoader first(index, options, 0, 2), second(index, options, 1, 2);
  for (int number = 0; number < 10; ++number) {
    const Batch expected = whole.next(), from_memory = cached.next(), upper = first.next(),
                lower = second.next();
    const at::Tensor sample = expected.fields[1].select(1, 0).select(1, 0).div(6).to(at::kLong);
    const at::Tensor words = (sample.view({7, 1}) + at::arange(5)).remainder(kWords);
    EXPECT_TRUE(at::equal(expected.fields[0], words)) << "whole samples stay together";
    EXPECT_TRUE(at::equal(expected.fields[2], sample.remainder(2)));
    for (std::size_t i = 0; i < expected.fields.size(); ++i) {
      EXPECT_TRUE(at::equal(from_memory.fields[i], expected.fields[i]));
      EXPECT_TRUE(at::equal(at::cat({upper.fields[i], lower.fields[i]}), expected.fields[i]));
    }
  }
}

TEST_F(Fields, OfSeveralSourcesAreShuffledEachInItsOwnWay) {
  const DatasetIndex index = write(sentence_fields(0, kFieldSamples));
  BatchLoader first(index, {.seed = 3, .source = 0, .global_batch_size = 10}, 0, 1);
  BatchLoader second(index, {.seed = 3, .source = 1, .global_batch_size = 10}, 0, 1);
  EXPECT_FALSE(at::equal(first.next().fields[0], second.next().fields[0]));
}

TEST_F(Fields, ValuesThatAreNoneAreReported) {
  const auto expect_refused = [&](std::size_t field, auto value, const std::vector<std::string>& words) {
    TemporaryFolder other;
    std::vector<at::Tensor> fields = sentence_fields(0, kFieldSamples);
    fields[field].view({-1})[3] = value;
    DatasetWriter writer({.folder = other / "wrong", .samples = kFieldSamples, .spec = kSentences});
    writer.append(fields);
    const DatasetIndex index = writer.finish();
    expect_error<DataError>([&] { verify_shard(read_dataset_index(index.folder), 0); }, words);
  };
  expect_refused(0, 50, {"sentences[0][3] is 50; expected 0 to 49, as there are 50 values"});
  expect_refused(0, -1, {"sentences[0][3] is -1"});
  expect_refused(1, std::nan(""), {"vectors[0][3] is nan; expected a finite number"});
  expect_refused(2, 2, {"topics[3] is 2; expected 0 to 1, as there are 2 class names"});
}

TEST_F(Fields, AnIndexThatCannotBeMeantIsRefused) {
  write(sentence_fields(0, kFieldSamples));
  const auto file = folder_ / "sentences" / "index.json";
  const Json good = read_json(file);
  const auto expect_refused = [&](const Json& fields, const std::vector<std::string>& words) {
    Json bad = good;
    bad["fields"] = fields;
    write_json_atomically(file, bad);
    expect_error<DataError>([&] { read_dataset_index(folder_ / "sentences"); }, words);
  };
  const auto changed = [&](std::size_t field, const char* key, const Json& value) {
    Json fields = good.at("fields");
    fields[field][key] = value;
    return fields;
  };
  expect_refused(Json::array(), {"fields", "one at least"});
  expect_refused(changed(0, "meaning", "smells"), {"fields[0].meaning", "smells", "tokens"});
  expect_refused(changed(0, "shape", {0}), {"fields[0].shape", "at least 1"});
  expect_refused(changed(0, "shape", {4'000'000'000, 4'000'000'000, 4'000'000'000}),
                 {"fields[0].shape", "at most"});
  expect_refused(changed(0, "values", 0), {"fields[0].values", "at least 1"});
  expect_refused(changed(2, "names", {"one"}), {"fields[2].names", "2 of them"});
  expect_refused(changed(2, "shape", {1}), {"fields[2].shape", "an empty list"});
  expect_refused(changed(1, "name", "sentences"), {"two fields 'sentences'"});
}

}  // namespace
}  // namespace ganymede
