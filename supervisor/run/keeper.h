// The keeper: the half of the supervisor that runs everything. Parent of both helpers and of the command, subreaper of
// the command's tree, in a session of its own so that no terminal signal and no kill of the job reaches it.
//
// Performs what lifecycle.def decides. If the face (the process that the caller sees) is killed, it ends the tree and
// removes the files; if it is itself killed, the face does.
// Runs in: supervisor (keeper).   Blocks: in poll, until something happens.
#pragma once

#include "ipc/process/pidfd.h"
#include "run/preparation.h"
#include "terminal/signals.h"

namespace supervisor {

// `face` is the process to stop when the command stops, and whose death ends the run. Returns the exit code.
int keep(Preparation&, const CallerSignals&, const ipc::Pidfd& face);

}  // namespace supervisor
