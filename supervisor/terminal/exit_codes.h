// The exit codes of `sentinel`, as numbers and as rows for help and man page; see exit_codes.def.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <string_view>

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

}  // namespace supervisor
