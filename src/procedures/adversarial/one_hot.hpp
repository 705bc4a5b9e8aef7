// Labels as conditions of networks.
#pragma once

#include <ATen/ATen.h>

namespace ganymede {

class OneHot {
 public:
  // classes: 0 without conditioning.
  OneHot(std::int64_t classes, at::ScalarType dtype) : row_of_class_(at::eye(classes, dtype)) {}

  std::int64_t classes() const { return row_of_class_.size(0); }

  // int64 [rows] to [rows, classes]; undefined without classes.
  at::Tensor operator()(const at::Tensor& labels) const {
    return classes() > 0 ? row_of_class_.index_select(0, labels) : at::Tensor();
  }

 private:
  at::Tensor row_of_class_;
};

}  // namespace ganymede
