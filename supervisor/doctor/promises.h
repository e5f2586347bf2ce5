// The rows of guarantees.def as the tables of README.md, and as the manual page sentinel(7).
//
// Runs in: sentinel-doctor.   Blocks: never.
#pragma once

#include <string>

namespace supervisor {

std::string promises_markdown();
std::string promises_manual();  // roff

}  // namespace supervisor
