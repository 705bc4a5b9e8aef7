// Ranks that work on each other's memory: those of one host, or a rank alone where the host does not let
// them.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "base/error.hpp"

namespace ganymede {

class HostGroup {
 public:
  virtual ~HostGroup() = default;

  virtual int rank() const = 0;  // the ranks of a group are neighbours in the communicator
  virtual int size() const = 0;

  // A zeroed tensor [elements] of each rank, which all ranks of the group see: [rank]. Starts on a 64-byte
  // boundary. Throws CommunicationError, on all ranks of the group, where one of them gets no memory;
  // agreement.hpp has the same for all groups together. Collective over the group.
  std::vector<at::Tensor> allocate_each(std::int64_t elements, at::ScalarType dtype) {
    ensure_collective();
    return do_allocate_each(elements, dtype);
  }
  // One zeroed tensor [elements] for all ranks together. Collective over the group.
  at::Tensor allocate_one(std::int64_t elements, at::ScalarType dtype) {
    ensure_collective();
    return do_allocate_one(elements, dtype);
  }

  // What the ranks have written before it, all of them see after it. Collective over the group.
  void barrier() {
    ensure_collective();
    do_barrier();
  }

  // While ranks work each for itself, a collective call would wait for one that never comes (LocalWork).
  void set_local(bool local) { local_ = local; }

 private:
  virtual std::vector<at::Tensor> do_allocate_each(std::int64_t elements, at::ScalarType dtype) = 0;
  virtual at::Tensor do_allocate_one(std::int64_t elements, at::ScalarType dtype) = 0;
  virtual void do_barrier() = 0;

  void ensure_collective() const { ensure(!local_, "the work of agree makes no collective call"); }

  bool local_ = false;
};

class LoneHostGroup final : public HostGroup {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }

 private:
  std::vector<at::Tensor> do_allocate_each(std::int64_t elements, at::ScalarType dtype) override {
    return {do_allocate_one(elements, dtype)};
  }
  at::Tensor do_allocate_one(std::int64_t elements, at::ScalarType dtype) override {
    try {
      return at::zeros({elements}, dtype);
    } catch (const c10::Error& error) {
      throw CommunicationError(error.what_without_backtrace());
    }
  }
  void do_barrier() override {}
};

}  // namespace ganymede
