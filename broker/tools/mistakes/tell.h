// How a tool tells what is wrong with a text that people write: each mistake with its line and a caret below it.
//
// Runs in: sentinel-policy, sentinel-host.   Blocks: on writing to stderr.
#pragma once

#include <string>
#include <string_view>

#include "tools/output.h"
#include "yaml/mistakes.h"

namespace broker {

// A mistake in `file` as a finding with its place.
void add_mistake(const ipc::Error& error, std::string_view file, ipc::JsonAnswer& answer);
// Says why the text of this file is refused: with --json as findings, too. An empty text: its lines are not shown.
void tell_mistakes(const Mistakes& mistakes, const std::string& file, std::string_view text, ToolOutput& out);

}  // namespace broker
