// What a GAN's samples look like: a grid of images, a column a class or a row a text where it is conditional;
// points as a scatter plot of their first two coordinates, of one alone as a histogram.
#pragma once

#include <filesystem>

#include "procedures/samples.hpp"

namespace ganymede {

// Whether a grid of such samples has a column a class.
bool has_column_a_class(const SampleForm& form);

// The columns of a grid of such pictures, 0 where only their number decides. of_one: all are of one class or
// text that was asked for, which leaves out the column a class or the row a text.
std::int64_t grid_columns(const SampleForm& form, bool of_one);

// points [count, dimensions].
void write_point_picture(const std::filesystem::path& file, const at::Tensor& points);

// points [count, 2] as dots on white, uint8 [3, side, side]; both axes reach from -extent to extent. What is
// not finite is left out.
at::Tensor make_scatter_plot(const at::Tensor& points, double extent);

// How often numbers [count, 1] fall into equal parts of -extent to extent, as bars; likewise.
at::Tensor make_histogram(const at::Tensor& numbers, double extent);

}  // namespace ganymede
