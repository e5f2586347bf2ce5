// Which profiles a run is to serve: what names them, and what can serve one alone.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include "command_line/options.h"
#include "command_line/request.h"

namespace supervisor {

// Sets the profile of the task, which is the first, and those beside it. Fails: kUsage.
ipc::Status take_profiles(const CommandLine&, ExecRequest&);

}  // namespace supervisor
