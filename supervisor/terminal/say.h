// What Sentinel says to people: lines on stderr that begin with "sentinel: ", without control characters.
//
// Runs in: supervisor.   Blocks: at most kSayWaitMs for a reader that does not read; then the line is dropped.
#pragma once

#include <string_view>

#include "ipc/result.h"

namespace supervisor {

void say(std::string_view line);

// The sentence, and the next step on a line of its own.
void report(const ipc::Error&);

// Writes all of it to stdout; blocks as that does.
[[nodiscard]] ipc::Status print(std::string_view text);

}  // namespace supervisor
