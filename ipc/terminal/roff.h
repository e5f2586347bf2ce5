// Text as a manual page wants it.
//
// Runs in: supervisor, sentinel-doctor, sentinel-policy, which print their own pages.   Blocks: never.
#pragma once

#include <string>
#include <string_view>

namespace ipc {

// A backslash, a hyphen, and a dot or quote at the start of a line mean something to roff.
std::string roff(std::string_view text);
// A head in bold, and its text, which gets its full stop.
std::string roff_item(std::string_view head, std::string_view text);

// The end of the page `own`, as "sentinel(1)": every other page of Sentinel's.
std::string roff_see_also(std::string_view own);

}  // namespace ipc
