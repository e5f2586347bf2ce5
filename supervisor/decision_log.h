// Opens the files that the broker will append decisions to, by the caller's own rights.
//
// Runs in: supervisor.   Blocks: as file systems do.   Owns: the descriptors, until the broker has them.
// Fails: kSystem or kConfig, before anything starts: no decision log, no run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exec_request.h"
#include "ipc/messages.h"
#include "ipc/unique_fd.h"

namespace supervisor {

struct DecisionLog {
  ipc::UniqueFd fd;
  std::string label;  // what to call it in an error
  ipc::LogKind kind = ipc::LogKind::File;
};

// `state_home` is XDG_STATE_HOME, used where it is an absolute path.
ipc::Result<std::vector<DecisionLog>> open_decision_logs(const ExecRequest&, std::string_view home,
                                                         std::string_view state_home);

}  // namespace supervisor
