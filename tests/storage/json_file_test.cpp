#include "storage/json_file.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "storage/json_lines.hpp"
#include "storage/json_object.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/faulty_disk.hpp"
#include "tests/support/full_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

TEST(JsonFile, WritesFieldsInTheirOrderAndReadsThemBack) {
  const TemporaryFolder folder;
  const Json json{{"z", 1}, {"a", {1.5, "two"}}};
  write_json_atomically(folder / "file.json", json);
  EXPECT_EQ(read_text(folder / "file.json"), "{\n  \"z\": 1,\n  \"a\": [\n    1.5,\n    \"two\"\n  ]\n}\n");
  EXPECT_EQ(read_json(folder / "file.json"), json);
}

TEST(JsonFile, NamesTheLineOfAMistake) {
  const TemporaryFolder folder;
  write_text(folder / "file.json", "{\n  \"a\": 1,\n  b\n}");
  expect_error<DataError>([&] { read_json(folder / "file.json"); }, {"file.json", "line 3, column 3"});
  expect_error<UserError>([&] { read_json(folder / "missing.json"); }, {"missing.json", "No such file"});
}

TEST(JsonObject, NamesFilePlaceFoundAndExpected) {
  const Json json{{"count", 3}, {"list", {{{"name", "x"}}, {{"name", 7}}}}, {"words", {"a", 2}}};
  const JsonObject object(json, "file.json");
  EXPECT_EQ(object.integer("count"), 3);
  EXPECT_EQ(object.objects("list")[0].text("name"), "x");
  expect_error<DataError>([&] { object.integer("count", 4); }, {"file.json: count is 3", "at least 4"});
  expect_error<DataError>([&] { object.integer("size"); }, {"file.json: size is missing", "an integer"});
  expect_error<DataError>([&] { object.objects("list")[1].text("name"); },
                          {"file.json: list[1].name is 7; expected a text"});
  expect_error<DataError>([&] { object.text_list("words"); }, {"file.json: words[1] is 2; expected a text"});
  expect_error<DataError>([&] { object.object("count"); }, {"count is 3; expected an object"});
  const Json number = 5;
  expect_error<DataError>([&] { JsonObject(number, "file.json"); }, {"the document is 5"});
}

TEST(JsonLines, AppendsAndReadsBack) {
  const TemporaryFolder folder;
  for (int run = 0; run < 2; ++run) {
    JsonLinesWriter writer(folder / "lines.jsonl");
    for (int i = 0; i < 3; ++i) writer.write({{"run", run}, {"i", i}});
  }
  const std::vector<Json> lines = read_json_lines(folder / "lines.jsonl");
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[4], (Json{{"run", 1}, {"i", 1}}));
}

TEST(JsonLines, ALineCutByACrashIsIgnoredAndThenReplaced) {
  const TemporaryFolder folder;
  write_text(folder / "lines.jsonl", "{\"i\":0}\n{\"i\":");
  EXPECT_EQ(read_json_lines(folder / "lines.jsonl").size(), 1U);
  JsonLinesWriter(folder / "lines.jsonl").write({{"i", 1}});
  EXPECT_EQ(read_text(folder / "lines.jsonl"), "{\"i\":0}\n{\"i\":1}\n");
}

TEST(JsonLines, NamesABadLineAndAPlaceThatCannotBeWritten) {
  const TemporaryFolder folder;
  write_text(folder / "lines.jsonl", "{}\nnothing\n{}\n");
  expect_error<DataError>([&] { read_json_lines(folder / "lines.jsonl"); }, {"lines.jsonl:2:", "nothing"});
  expect_error<UserError>([&] { JsonLinesWriter(folder / "missing/lines.jsonl"); }, {"missing/lines.jsonl"});
}

TEST(JsonLines, ReportsAFullDisk) {
  const TemporaryFolder folder;
  JsonLinesWriter writer(folder / "lines.jsonl");
  const FullDisk full(4000);
  expect_error<UserError>([&] { writer.write(std::string(5000, 'x')); }, {"lines.jsonl: cannot write"});
}

TEST(JsonLines, ALineThatDidNotFitLeavesNoHalfOfItself) {
  const TemporaryFolder folder;
  JsonLinesWriter writer(folder / "lines.jsonl");
  writer.write({{"i", 0}});
  {
    const FaultyDisk disk = FaultyDisk::of_bytes(3);
    expect_error<DiskError>([&] { writer.write({{"i", 1}}); }, {"No space left"});
  }
  writer.write({{"i", 2}});
  EXPECT_EQ(read_text(folder / "lines.jsonl"), "{\"i\":0}\n{\"i\":2}\n");
}

}  // namespace
}  // namespace ganymede
