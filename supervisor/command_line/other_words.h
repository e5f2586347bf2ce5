// Words of other tools, answered with Sentinel's own line (other_words.def).
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <string>
#include <string_view>

#include "ipc/commands/commands.h"

namespace supervisor {

struct OtherWord {
  std::string_view place, typed, tool, line, why;
};

inline constexpr OtherWord kOtherWords[] = {
#define OTHER_WORD(place, typed, tool, line, why) OtherWord{place, typed, tool, line, why},
#include "command_line/other_words.def"
};

// Whether the tables have the command of this line: one that is not there is not named.
bool has_command(const OtherWord& word);

// The next step for a word that is none of ours, such as "that is aws-vault's: here it is `sentinel keys add PROFILE`".
// Empty where no other tool is known for it.
std::string answer_to_other_word(ipc::Scope scope, std::string_view typed);

}  // namespace supervisor
