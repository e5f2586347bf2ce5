// Options of which a run takes one: said nearer to the run, one shuts the others out.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <string_view>

#include "command_line/options.h"
#include "settings/config_file.h"

namespace supervisor {

// Whether both cannot be given: the command's row names them with | between them, or they are two of a kind.
bool shut_out(std::string_view a, std::string_view b, Scope scope);

// Whether it asks for something: a Flag that is off does not.
bool asks(const Setting&);

}  // namespace supervisor
