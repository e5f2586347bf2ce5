// Which decision log runs write, for a command that reads the log and is told none: what config files say as log-file.
//
// Runs in: supervisor, before it becomes sentinel-audit.   Blocks: on local files.
// Fails: as a run would with these files (settings/apply.h).
#pragma once

#include <string>
#include <vector>

#include "command_line/options.h"

namespace supervisor {

// Puts it in the place of --log-file where the command has that option, and neither it nor a file is given. Nothing is
// put there where runs write the default log. `environment` holds NAME=value.
ipc::Result<CommandLine> with_log_of_runs(CommandLine line, const std::vector<std::string>& environment);

}  // namespace supervisor
