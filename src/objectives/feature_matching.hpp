// Feature matching (Salimans et al. 2016, section 3.1): the squared distance between the mean features of the
// real and of the fake samples, both over the whole global batch.
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

// fake_features [rows, features] of this rank, with gradient; mean_difference [features] = mean of the fake
// features - mean of the real ones, over the global batch, without gradient. The result's value is rows x
// |mean_difference|^2 and its gradient that of the distance: both as a sum over ranks that the caller divides
// by the global number of rows.
at::Tensor feature_matching_sum(const at::Tensor& fake_features, const at::Tensor& mean_difference);

}  // namespace ganymede
