// The line with which an interactive shell begins: under what it runs, and how to leave.
//
// Runs in: supervisor.   Blocks: never.
// Trust: role and rule come from the broker, a policy and a profile; say() makes them harmless.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace supervisor {

// Whether these words start a shell for a human at a terminal: a known shell, no script, no -c, and stdin and stderr
// are terminals.
bool is_interactive_shell(std::span<const std::string> command);
// The same of the words alone.
bool is_shell_for_people(std::span<const std::string> command);

struct ShellFacts {
  std::string_view profile, role_arn, rule;  // the last two may be empty
  std::string how;                           // "Unix socket", "127.0.0.1", "keys in the environment until …"
};

std::string shell_line(const ShellFacts&);

}  // namespace supervisor
