// The help texts, the manual page and the completion scripts, all printed from the tables of commands, options and exit
// codes.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <string>

#include "command_line/options.h"

namespace supervisor {

// Of sentinel itself, of a group, or of a command: of a run its everyday options, or with `all` each of them.
std::string help_text(Scope, bool all = false);
std::string manual_page();
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace supervisor
