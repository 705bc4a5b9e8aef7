// Products of matrices that are small enough to stay in a processor's nearest memory.
#pragma once

#include <cstdint>

namespace ganymede {

// A matrix with the numbers of a row next to each other.
template <typename T>
struct Block {
  T* numbers;
  std::int64_t stride;  // numbers from one row to the next
};

struct BlockSides {
  std::int64_t rows, terms, columns;
};

// sum [rows, columns] += left [rows, terms] x right [terms, columns], to a sum that is `empty` whatever its
// memory holds. In float32 by the library's kernel for blocks: it copies no factors, as that for matrices of
// any size does.
void add_block(Block<float> sum, bool empty, const BlockSides& sides, Block<const float> left,
               Block<const float> right);
void add_block(Block<double> sum, bool empty, const BlockSides& sides, Block<const double> left,
               Block<const double> right);

}  // namespace ganymede
