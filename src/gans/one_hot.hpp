// Labels as conditions of networks.
#pragma once

#include <ATen/ATen.h>

namespace ganymede {

class OneHot {
 public:
  OneHot(std::int64_t classes, at::ScalarType dtype) {
    if (classes > 0) row_of_class_ = at::eye(classes, dtype);
  }

  // int64 [rows] to [rows, classes]; undefined when there are 0 classes.
  at::Tensor operator()(const at::Tensor& labels) const {
    return row_of_class_.defined() ? row_of_class_.index_select(0, labels) : at::Tensor();
  }

 private:
  at::Tensor row_of_class_;
};

}  // namespace ganymede
