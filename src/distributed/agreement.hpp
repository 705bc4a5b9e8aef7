// All ranks learn together whether something worked, so that a failure on one of them never leaves the
// others waiting.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "distributed/communicator.hpp"

namespace ganymede {

// An error that every rank throws with the same text: one of them reports it, all of them leave.
struct AgreedError : Error {
  using Error::Error;
};

// Every rank runs work; if it threw on any, all throw AgreedError with the message of the lowest such rank,
// which is named unless it is rank 0. The work makes no collective call on this communicator: a
// rank that failed would be missing. Such a call throws. Collective.
void agree(Communicator& communicator, const std::function<void()>& work);

// The same with work done on rank 0 only. Collective.
void agree_on_root(Communicator& communicator, const std::function<void()>& work);

// HostGroup::allocate_each and allocate_one of all host groups: where one gets no memory, all throw
// AgreedError. Collective.
std::vector<at::Tensor> allocate_each(Communicator& communicator, std::int64_t elements,
                                      at::ScalarType dtype);
at::Tensor allocate_one(Communicator& communicator, std::int64_t elements, at::ScalarType dtype);

// The root's text, on every rank. Collective.
std::string broadcast_text(Communicator& communicator, const std::string& text, int root = 0);

}  // namespace ganymede
