// Finds and starts the helpers. They are found beside this very executable, never through PATH or the environment.
//
// A started helper has: its control channel at descriptor 3, /dev/null at 0 to 2, nothing else; an empty environment;
// its own session (no terminal signal reaches it); default signals; / as its folder; a parent-death signal as an extra.
// Sanitized builds keep stderr and the sanitizers' options.
// Runs in: supervisor.   Blocks: until the new process is about to become the helper.   Owns: nothing; the caller owns
// what it gets.
#pragma once

#include <string>
#include <string_view>

#include "ipc/channel.h"
#include "ipc/process/pidfd.h"
#include "ipc/unique_fd.h"

namespace supervisor {

struct HelperPaths {
  std::string broker, frontend, credential_process;
};

// Installed: <prefix>/libexec/sentinel/ beside <prefix>/bin/sentinel. Built: <build>/broker/ and so on beside
// <build>/supervisor/sentinel. Each must be a regular file of root's or ours that no other user may write.
ipc::Result<HelperPaths> find_helpers();
ipc::Result<HelperPaths> find_helpers_beside(const std::string& executable);

// A tool that sentinel becomes, found in the same places with the same checks; `folder` is the build's folder for it.
ipc::Result<std::string> find_tool(std::string_view folder, std::string_view name);
ipc::Result<std::string> find_tool_beside(const std::string& executable, std::string_view folder,
                                          std::string_view name);

struct Helper {
  pid_t pid = -1;
  ipc::Pidfd handle;
  ipc::Channel channel;
  ipc::UniqueFd status;  // its /proc/PID/status, also where /proc hides it from us
  [[nodiscard]] bool running() const { return pid > 0; }
};

ipc::Result<Helper> launch(const std::string& path, ipc::Side side);

}  // namespace supervisor
