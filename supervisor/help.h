// The help texts, the manual page and the completion script, all printed from the tables of options and exit codes.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <string>

namespace supervisor {

std::string top_help();
std::string exec_help();
std::string manual_page();
std::string bash_completion();

}  // namespace supervisor
