// Imports sequences from a text file: one a line, of characters or of words.
#pragma once

#include "data/format/dataset_index.hpp"

namespace ganymede {

enum class TextUnit { characters, words };

struct TextImportOptions {
  std::filesystem::path
      file;  // UTF-8, plain or gzip; with or without a byte-order mark, ends of lines \n or \r\n
  TextUnit unit = TextUnit::words;
  // A dataset whose vocabulary is to be used; lines with what it does not have are an error, or left out.
  std::optional<std::filesystem::path> vocabulary = {};
  bool skip_unknown = false;
  std::filesystem::path out = {};  // must not exist
  int shards = 1;
};

// Words stand between spaces or tabs; characters are those of the line without spaces around it. Without one
// given, the vocabulary is what occurs, the most frequent first. Empty lines are left out, and counted in a
// warning. All sequences have the length of the first. A failure leaves nothing behind.
DatasetIndex import_text(const TextImportOptions& options);

}  // namespace ganymede
