// The exit codes of `sentinel`, as numbers and as rows for help and man page; see exit_codes.def.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <optional>
#include <string_view>

#include "ipc/commands/commands.h"

namespace supervisor {

#define EXIT_CODE(name, number, shown, commands, meaning) inline constexpr int kExit##name = number;
#include "terminal/exit_codes.def"
#undef EXIT_CODE

struct ExitCodeRow {
  int number;
  std::string_view shown, commands, meaning;
};

#define EXIT_CODE(name, number, shown, commands, meaning) ExitCodeRow{number, shown, commands, meaning},
inline constexpr ExitCodeRow kExitCodes[] = {
#include "terminal/exit_codes.def"
};
#undef EXIT_CODE

// What a command ends with where Sentinel itself fails or its command line is wrong; nullopt: no command is meant.
constexpr int own_failure(std::optional<ipc::Program> program) {
  if (!program) return kExitNoCommand;
  if (*program == ipc::Program::Exec) return kExitOwnFailure;
  return ipc::find_tool_row(*program) ? kExitToolUsage : kExitNotPrinted;  // as every command that runs no other
}

}  // namespace supervisor
