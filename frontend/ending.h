// Why this process ends, as its exit status: after lock-down it has no other words (its stderr is /dev/null).
//
// Runs in: frontend (says it), supervisor (may show the number).
#pragma once

#include "ipc/channel.h"

namespace frontend {

enum class Ending : int {
  SupervisorGone = 0,             // end of file on the control channel: the ordinary end
  Usage = 2,                      // unknown flag
  NoControl = 10,                 // descriptor 3 is not a control channel
  NotPrepared = 11,               // no event loop, or no memory for the table
  NotLockedDown = 12,             // a protection did not take; nothing was read
  BadSupervisor = 13,             // the supervisor sent what the table forbids
  BadBroker = 14,                 // the broker did
  BrokerGone = 15,                // end of file from the broker, or it cannot be written to
  KernelRefused = 16,             // a call that must work did not
  Stranger = ipc::kStrangerExit,  // a process that has no business with it uses one of our channels
};

// Ends the process at once: descriptors close, clients see the end of their connections, nothing is flushed or undone.
[[noreturn]] void end_run(Ending ending);

}  // namespace frontend
