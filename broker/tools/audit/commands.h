// The words of sentinel-audit: each reads its logs line by line, in bounded memory, and says what it finds.
//
// Runs in: sentinel-audit.   Blocks: on files.
// Each returns the exit code: 0 good, 1 found wrong, 2 misused. The words lie in tools/audit/commands.def.
#pragma once

#include "tools/run.h"

namespace broker {

#define COMMAND(function, ...) int audit_##function(const ToolArguments& arguments, ToolOutput& out);
#include "tools/audit/commands.def"

}  // namespace broker
