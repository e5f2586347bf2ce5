// Which decision logs a command reads: those that it is given, else the log of --log-file, which the supervisor takes
// from the config of runs where nobody gives it, else the log that runs write by default.
//
// Runs in: sentinel-audit.   Blocks: on a folder.   Fails: kConfig where none is named and none is there.
#pragma once

#include <string>
#include <vector>

#include "ipc/result.h"
#include "tools/arguments.h"
#include "tools/output.h"

namespace broker {

// At least one, oldest first: with the log those files that it was rotated into. Which log that is, a note says.
// Fails: kConfig where there is no such log.
ipc::Result<std::vector<std::string>> log_files(const ToolArguments& arguments, ToolOutput& out);

}  // namespace broker
