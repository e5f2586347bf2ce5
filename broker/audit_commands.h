// The words of sentinel-audit: each reads its logs line by line, in bounded memory, and says what it finds.
//
// Runs in: sentinel-audit.   Blocks: on files.
// Each returns the exit code: 0 good, 1 found wrong, 2 misused. The words lie in audit_commands.def.
#pragma once

#include "tool_run.h"

namespace broker {

#define COMMAND(function, ...) int audit_##function(const ToolArguments& arguments, ToolOutput& out);
#include "audit_commands.def"

}  // namespace broker
