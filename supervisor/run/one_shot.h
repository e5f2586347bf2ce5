// The ways without a server: `sentinel exec` puts the credentials into the command's environment and becomes the
// command, `sentinel credentials` prints them for an SDK, `sentinel whoami` prints whose they would be. The policy is
// asked once, by the broker, which has ended before any of it happens.
//
// Runs in: sentinel, in the caller's own process: nothing is forked but the broker, and terminal, process group and
// signals stay the caller's. A signal that asks for the end ends the broker first, then this process by that signal.
// Blocks: until the broker has answered, at most kStartDeadline.
// Owns: the issued keys from the broker's packet to execve or write, in memory that is wiped.
// Fails: with one sentence on stderr and a code of terminal/exit_codes.def; stdout is then empty.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "command_line/request.h"

namespace supervisor {

// Returns only when it is not the command that ends.
int run_one_shot(ExecRequest, std::vector<std::string> environment, std::optional<ipc::EnvironmentKeys>,
                 const std::string& cwd);

}  // namespace supervisor
