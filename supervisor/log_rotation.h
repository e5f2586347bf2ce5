// Puts a new file in the place of a decision log that its broker has closed. The old one keeps its lines under the name
// <path>.<time>, which is never one that is there already.
//
// Several runs may share the file: who rotates holds a lock on the old one, and whoever comes second finds the new one.
// Runs in: supervisor.   Blocks: as file systems do; at most kLockPatience.   Owns: nothing.
// Fails: kSystem where the folder may not be written, kProtocol for a file that nobody has closed.
#pragma once

#include "decision_log.h"

namespace supervisor {

// Does the last line say that another file follows? Not where it is the file's only line: there it is the copy that
// links the file to the one before.
bool is_closed_log(int fd);

ipc::Result<DecisionLog> rotate_log(const DecisionLog& full);

}  // namespace supervisor
