// Durations as Go writes them: "90s", "1h30m", "1.5h", "0". There is no day unit, and a bare number has no meaning.
//
// Runs in: every process.   Blocks: never.   Units: whole nanoseconds; what is finer is cut off.
// Fails: kUsage, with a sentence that quotes the text. A negative one is read; the caller judges it.
// Source: time.ParseDuration of Go's standard library.
#pragma once

#include <chrono>
#include <string_view>

#include "ipc/result.h"

namespace ipc {

Result<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

}  // namespace ipc
