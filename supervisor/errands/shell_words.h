// A command line of a profile as words, split as the AWS CLI splits it: Python's shlex.split, without a shell. No
// variable, no wildcard, no substitution; quotes and backslashes as in POSIX, but for a backslash before a newline,
// which both keep.
//
// Runs in: supervisor.   Blocks: never.
// Fails: kConfig for a quote that is not closed, and for a backslash at the end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"

namespace supervisor {

// What divides the words.
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

ipc::Result<std::vector<std::string>> shell_words(std::string_view line);

}  // namespace supervisor
