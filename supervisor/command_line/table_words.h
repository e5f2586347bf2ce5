// What the rows of commands and options say, in words: what help, manual page and completion have in common.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <string>
#include <string_view>

#include "command_line/options.h"

namespace supervisor {

inline constexpr std::string_view kSummary =
    "Brokers short-lived AWS credentials: the long-term keys stay in one process, and a policy judges who gets what.";

// "[PROFILE] [options] [--] [COMMAND [ARGUMENT...]]": what stands behind the command's words.
std::string synopsis(const CommandRow&);

// "-p, --profile NAME"
std::string option_word(const OptionRow&);

// With its default, and the mode that it is for.
std::string meaning_of(const OptionRow&);

}  // namespace supervisor
