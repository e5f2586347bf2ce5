// What the completion scripts of every shell need of the tables.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command_line/options.h"

namespace supervisor {

// The words that may come next: of the top, or of a group.
std::vector<std::string_view> next_words(std::string_view group);

// "--profile" and "-p" of each option that takes a value, divided by `divider`. A name belongs to one kind everywhere.
std::string value_options(std::string_view divider);

// The words of an argument, divided by blanks: "a|b" is "a b".
std::string words_of_argument(const OptionRow&);

// What an option or command is for, in a few words: its sentence as far as the first pause.
std::string_view short_meaning(std::string_view meaning);

}  // namespace supervisor
