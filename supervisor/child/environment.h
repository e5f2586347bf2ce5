// The command's environment, from the caller's and the table in environment.def. Pure.
//
// Runs in: supervisor (the waiting command, right before exec).   Blocks: never.
// The bearer token and the answer key, or the issued keys of a run without a server, are in the result: it is made only
// where it is handed to exec.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "ipc/messages.h"

namespace supervisor {

// What becomes of a variable, for the manual page: the rows of environment.def.
struct CommandVariable {
  enum class Fate { kRemoved, kSet, kSetInServerMode, kAdded, kKept };
  std::string_view name;
  Fate fate;
};
std::vector<CommandVariable> command_variables();

struct ChildFacts {
  ipc::RunMode mode = ipc::RunMode::Server;
  ipc::Transport transport = ipc::Transport::Tcp;
  std::uint16_t port = 0;
  std::string_view socket_path, config_path, credentials_path, region, profile, token, answer_key{};
  pid_t server = -1;                      // who listens at socket_path, as the kernel says there
  const ipc::IssuedKeys* keys = nullptr;  // without a server: they go into the environment
};

// Entries are NAME=value.
std::vector<std::string> child_environment(const std::vector<std::string>& caller, const ChildFacts&);

// The value of `name` in `environment`, or empty.
std::string_view environment_value(const std::vector<std::string>& environment, std::string_view name);

// Whether every client reads this value of NO_PROXY so that what a run serves over TCP is asked past the proxy: the
// address stands in it by itself, or it is "*" alone. Python's clients read neither networks nor "*" among others, nor
// do they part a list at spaces.
bool leads_past_proxies(std::string_view no_proxy);

}  // namespace supervisor
