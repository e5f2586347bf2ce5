// Text from elsewhere, made fit to be shown: whatever it holds can neither break a line nor steer a terminal.
// As JSON: ipc/text/json_string.h.
//
// Runs in: supervisor, sentinel-doctor.   Blocks: never.
#pragma once

#include <string>
#include <string_view>

namespace supervisor {

// Without line ends, tabs, what ipc/text/plain_text.h names and what is not UTF-8: each such byte becomes '?'.
std::string harmless(std::string_view text);

}  // namespace supervisor
