// The words of sentinel-keys; they lie in tools/keys/commands.def.
//
// Runs in: sentinel-keys, which is unreadable by then.   Blocks: on the user, files, the stores' programs, and AWS.
// Each returns the exit code: 0 good, 1 refused, 2 misused. No secret is ever an argument, in the environment, on
// stdout or in an error.
#pragma once

#include "tools/run.h"

namespace broker {

#define COMMAND(function, ...) int keys_##function(const ToolArguments& arguments, ToolOutput& out);
#include "tools/keys/commands.def"

}  // namespace broker
