// All ranks learn together whether something worked, so that a failure on one of them never leaves the
// others waiting.
#pragma once

#include <functional>
#include <string>

#include "base/error.hpp"
#include "distributed/communicator.hpp"

namespace ganymede {

// An error that every rank throws with the same text: one of them reports it, all of them leave.
struct AgreedError : Error {
  using Error::Error;
};

// Every rank runs work; if it threw on any, all throw AgreedError with the message of the lowest such rank.
// Collective.
void agree(Communicator& communicator, const std::function<void()>& work);

// The same with work done on rank 0 only. Collective.
void agree_on_root(Communicator& communicator, const std::function<void()>& work);

// The root's text, on every rank. Collective.
std::string broadcast_text(Communicator& communicator, const std::string& text, int root = 0);

}  // namespace ganymede
