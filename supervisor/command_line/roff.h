// Text as a manual page wants it.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <string>
#include <string_view>

namespace supervisor {

// roff treats a leading dot or quote, backslashes and hyphens specially.
std::string roff(std::string_view text);
// A head in bold, and its text, which gets its full stop.
std::string roff_item(std::string_view head, std::string_view text);

}  // namespace supervisor
