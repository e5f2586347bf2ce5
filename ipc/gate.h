// Which message a peer may send now, and how often more. Holds the only protocol state; built from messages.def.
//
// Runs in: every process.   Blocks: never.
// Fails: admit() answers kProtocol for a message that is unknown, meant for another process, from another process,
// early, late, or one too many. The caller then cuts the peer off: there is no "skip and go on".
#pragma once

#include <array>

#include "ipc/messages.h"
#include "ipc/result.h"

namespace ipc {

class Gate {
 public:
  Gate(Side self, Side peer) : self_(self), peer_(peer) {}
  // The receiver's own phase; moves forward only, once.
  void enter_serving() { phase_ = Phase::Serving; }
  Status admit(U16 id);

 private:
  Side self_, peer_;
  Phase phase_ = Phase::Starting;
  std::array<bool, std::size(kMessages)> seen_{};
};

}  // namespace ipc
