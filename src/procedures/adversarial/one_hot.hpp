// Labels as conditions of networks.
#pragma once

#include <ATen/ATen.h>

namespace ganymede {

class OneHot {
 public:
  // classes: 0 without conditioning.
  OneHot(std::int64_t classes, const at::TensorOptions& compute) : row_of_class_(at::eye(classes, compute)) {}

  std::int64_t classes() const { return row_of_class_.size(0); }

  at::Device device() const { return row_of_class_.device(); }

  // int64 [rows] to [rows, classes]; undefined without classes.
  at::Tensor operator()(const at::Tensor& labels) const {
    return classes() > 0 ? row_of_class_.index_select(0, labels.to(device())) : at::Tensor();
  }

 private:
  at::Tensor row_of_class_;
};

}  // namespace ganymede
