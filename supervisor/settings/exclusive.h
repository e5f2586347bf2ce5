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

// Whether a final word of root's about the first leaves no room for the second: where root says which profile a run
// serves, finally, nothing adds another.
bool shut_out_finally(std::string_view option, std::string_view other);

// Whether it asks for something: a Flag that is off does not.
bool asks(const Setting&);

}  // namespace supervisor
