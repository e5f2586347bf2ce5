// The user's command: found before anything starts, forked early, let loose late.
//
// The waiting process is forked before the helpers exist, so it holds none of their descriptors, and while it is still
// in the caller's session and process group, so that job control works as if the shell had started it. It waits for one
// packet (profile, region, token and answer key), and becomes the command. End of file means: end. While it waits it is
// who can ask on the terminal (terminal/question.h). Runs in: supervisor (keeper); release() in the keeper, the rest in
// the waiting process. Blocks: the waiting process only.   Source: environ(7), execve(2), PR_SET_PDEATHSIG in prctl(2).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "child/environment.h"
#include "ipc/process/pidfd.h"
#include "ipc/result.h"
#include "terminal/signals.h"

namespace supervisor {

struct CommandError {
  int exit_code;  // of terminal/exit_codes.def
  ipc::Error error;
};

// The file that `name` means, searched in `path` (PATH) where it has no slash.
std::expected<std::string, CommandError> resolve_command(const std::string& name, std::string_view path);

struct CommandPlan {
  std::string file;
  std::vector<std::string> arguments, caller_environment;
  ChildFacts facts;  // profile, region, token and answer key come with the release
  CallerSignals signals;
  std::function<void()> forget;  // wipes, in the waiting process, what the fork copied and it has no business with
};

struct WaitingCommand {
  pid_t pid = -1;
  ipc::Pidfd handle;
  ipc::UniqueFd starter;  // closing it instead of release() ends the waiting process
};

// What execve needs.
struct Execution {
  const std::string& file;
  const std::vector<std::string>& arguments;
};

// Becomes the command in this very process. Returns only when it cannot, with 126 or 127, and has said why.
int become_command(const Execution&, const std::vector<std::string>& environment);

ipc::Result<WaitingCommand> fork_waiting_command(const CommandPlan&);

// What only the broker knows.
struct ReleaseFacts {
  std::string_view profile;  // the command's default
  std::string_view region, token, answer_key;
};

// Lets it become the command.
ipc::Status release(WaitingCommand&, const ReleaseFacts&);

}  // namespace supervisor
