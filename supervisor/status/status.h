// `sentinel status`: how the run stands that this process is in; as lines, as JSON, or as a few words for a prompt.
//
// Runs in: sentinel, in the command's tree.   Blocks: as ask_status() does.
// Trust: what is shown comes from a policy, a profile and the environment, and is made harmless.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ipc/client/run_status.h"

namespace supervisor {

enum class StatusForm { Lines, Json, Short };

// Prints, and returns the exit code.
int tell_status(const std::vector<std::string>& environment, StatusForm form);

// "ledger-prod 12m", "ledger-prod refused", "ledger-prod" where no keys are at hand.
std::string short_status(const ipc::RunStatus& status, std::chrono::sys_seconds now);
std::string status_lines(const ipc::RunStatus& status);
std::string status_json(const ipc::RunStatus& status);

}  // namespace supervisor
