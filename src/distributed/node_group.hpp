// Ranks that work on each other's memory: those of one host, or a rank alone where the host does not let
// them.
#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace ganymede {

class NodeGroup {
 public:
  virtual ~NodeGroup() = default;

  virtual int rank() const = 0;  // the ranks of a group are neighbours in the communicator
  virtual int size() const = 0;

  // A zeroed tensor [elements] of each rank, which all ranks of the group see: [rank]. Starts on a 64-byte
  // boundary. Collective over the group.
  virtual std::vector<at::Tensor> allocate_each(std::int64_t elements, at::ScalarType dtype) = 0;
  // One zeroed tensor [elements] for all ranks together. Collective over the group.
  virtual at::Tensor allocate_one(std::int64_t elements, at::ScalarType dtype) = 0;

  // What the ranks have written before it, all of them see after it. Collective over the group.
  virtual void barrier() = 0;
};

class LoneNodeGroup final : public NodeGroup {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  std::vector<at::Tensor> allocate_each(std::int64_t elements, at::ScalarType dtype) override {
    return {allocate_one(elements, dtype)};
  }
  at::Tensor allocate_one(std::int64_t elements, at::ScalarType dtype) override {
    return at::zeros({elements}, dtype);
  }
  void barrier() override {}
};

}  // namespace ganymede
