// A rank that waits for a debugger.
#pragma once

namespace ganymede {

// Says how to attach, and returns once a debugger has let this process go on, or a signal asks to stop; at
// once where one traces it already.
void wait_for_debugger(int rank);

}  // namespace ganymede
