// The file beside a decision log in which the broker remembers the log's last line, so that a cut end shows:
// <log>-head. Made where it is missing, and believed only where those alone can have written it who can write the log.
//
// Runs in: supervisor.   Blocks: as file systems do; never for a FIFO or a device, which are refused.
// Owns: nothing; the caller owns the descriptor, until the broker has it.
// Fails: kConfig for what lies there and is not such a file. Where the folder takes no file the log is kept without.
#pragma once

#include "ipc/result.h"
#include "state/decision_log.h"

namespace supervisor {

ipc::Status open_log_head(DecisionLog& log);

}  // namespace supervisor
