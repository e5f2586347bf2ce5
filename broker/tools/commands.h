// The commands of all tools: for each row of ipc/commands/commands.def a function of its name, which the tool defines, and one
// that finds the function of a command line.
//
// Runs in: the sentinel-… tools beside the broker.   Blocks: as the command does.
// Each returns the exit code: 0 good, 1 found wrong or refused, 2 misused.
#pragma once

#include "tools/run.h"

namespace broker {

// Those that no tool does are declared as well; none is defined, and none is called.
#define COMMAND(name, ...) int name(const ToolArguments& arguments, ToolOutput& out);
#include "ipc/commands/commands.def"

// Does what the command line asks of this tool.
template <ipc::Program tool>
int run_command(const ToolArguments& arguments, ToolOutput& out) {
#define COMMAND(name, typed, program, ...)                         \
  if constexpr (ipc::Program::program == tool) {                   \
    if (arguments.words() == (typed)) return name(arguments, out); \
  }
#include "ipc/commands/commands.def"
  return kToolMisused;
}

}  // namespace broker
