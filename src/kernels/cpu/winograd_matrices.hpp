// The matrices of Winograd's F(4 x 4, 5 x 5), made by the compiler from the points: each transform of
// winograd.cpp is matrix x piece x matrix^T. Polynomials multiply by their values at the points (Toom and
// Cook).
#pragma once

#include <array>
#include <cstddef>

namespace ganymede::winograd {

inline constexpr int kKernel = 5, kPadding = 2, kOutput = 4;
inline constexpr int kTile = kOutput + kKernel - 1;  // inputs a side of a tile, and points
inline constexpr int kProducts = kTile * kTile;

template <std::size_t Rows, std::size_t Columns>
using Matrix = std::array<std::array<double, Columns>, Rows>;

template <std::size_t Rows, std::size_t Columns>
constexpr Matrix<Columns, Rows> transposed(const Matrix<Rows, Columns>& matrix) {
  Matrix<Columns, Rows> result{};
  for (std::size_t r = 0; r < Rows; ++r)
    for (std::size_t c = 0; c < Columns; ++c) result[c][r] = matrix[r][c];
  return result;
}

// The polynomials of a tile are taken at these and, last, at infinity.
inline constexpr std::array<double, kTile - 1> kPoints{0, 1, -1, 2, -2, 0.5, -0.5};

// product over the other points of (point - other)
constexpr double denominator(int point) {
  double product = 1;
  for (int other = 0; other < kTile - 1; ++other)
    if (other != point) product *= kPoints[point] - kPoints[other];
  return product;
}

// Value of a polynomial with Size coefficients, as a row of factors of the coefficients.
template <std::size_t Size>
constexpr std::array<double, Size> powers_of(int point) {
  std::array<double, Size> row{};
  if (point == kTile - 1) {
    row[Size - 1] = 1;
    return row;
  }
  row[0] = 1;
  for (std::size_t i = 1; i < Size; ++i) row[i] = row[i - 1] * kPoints[point];
  return row;
}

// Coefficients of the product over the other points of (x - other): Lagrange's basis.
constexpr std::array<double, kTile> basis_of(int point) {
  std::array<double, kTile> coefficients{1};
  int degree = 0;
  for (int other = 0; other < kTile - 1; ++other) {
    if (other == point) continue;
    ++degree;
    for (int i = degree; i >= 0; --i)
      coefficients[i] =
          (i > 0 ? coefficients[i - 1] : 0) - (i < degree ? coefficients[i] * kPoints[other] : 0);
  }
  return coefficients;
}

constexpr Matrix<kTile, kTile> make_of_inputs() {
  Matrix<kTile, kTile> matrix{};
  for (int p = 0; p < kTile; ++p) {
    matrix[p] = basis_of(p);
  }
  return matrix;
}

constexpr Matrix<kTile, kKernel> make_of_kernels() {
  Matrix<kTile, kKernel> matrix{};
  for (int p = 0; p < kTile; ++p) {
    matrix[p] = powers_of<kKernel>(p);
    for (double& factor : matrix[p]) factor /= p < kTile - 1 ? denominator(p) : 1;
  }
  return matrix;
}

constexpr Matrix<kTile, kOutput> make_of_output_gradients() {
  Matrix<kTile, kOutput> matrix{};
  for (int p = 0; p < kTile; ++p) matrix[p] = powers_of<kOutput>(p);
  return matrix;
}

inline constexpr auto kOfInputs = make_of_inputs();
inline constexpr auto kOfKernels = make_of_kernels();
inline constexpr auto kOfKernelGradients = transposed(kOfKernels);
inline constexpr auto kOfOutputGradients = make_of_output_gradients();
inline constexpr auto kOfOutputs = transposed(kOfOutputGradients);

}  // namespace ganymede::winograd
