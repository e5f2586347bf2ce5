// `sentinel policy …`, `sentinel doctor` and so on: the command line is judged by the tables here, then this process
// becomes the tool, which knows policies, logs or hosts. So the supervisor links none of the libraries that they need.
//
// Runs in: sentinel, instead of a run.   Blocks: never.
// Fails: kExitToolUsage with a sentence; a tool that is there takes over and answers with its own code.
#pragma once

#include <string>
#include <vector>

#include "command_line/options.h"

namespace supervisor {

// "sentinel-policy lint --color=auto -- FILE": the options in the table's order, those given and those with a default.
std::vector<std::string> tool_arguments(const CommandLine&);

// Returns only when the tool cannot be run.
int become_tool(const CommandLine&);

}  // namespace supervisor
