// What Sentinel says to people: lines on stderr that begin with "sentinel: ", without control characters.
//
// Runs in: supervisor.   Blocks: at most kSayWaitMs for a reader that does not read; then the line is dropped.
#pragma once

#include <string_view>

#include "ipc/result.h"
#include "ipc/terminal/ink.h"

namespace supervisor {

// `ink`: of the word "sentinel:" before it, where stderr is a terminal that shows colour.
void say(std::string_view line, ipc::Ink ink = ipc::Ink::kNone);

// The sentence, and the next step on a line of its own.
void report(const ipc::Error&);
// The same, and on stdout as the answer that --json asks for (ipc/json/json_answer.h). Blocks: on stdout.
void report_as_json(const ipc::Error&);

}  // namespace supervisor
