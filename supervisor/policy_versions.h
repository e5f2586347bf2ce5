// The file of the highest signed version seen of each policy: opened by the caller's own rights, read and written by
// the broker, so that an older policy that was signed once is not taken for the newest.
//
// Runs in: supervisor.   Blocks: as file systems do.   Owns: the descriptor, until the broker has it.
// Fails: kSystem or kConfig before anything starts: where a signature is demanded, there is no run without the file.
#pragma once

#include <string_view>

#include "exec_request.h"
#include "ipc/unique_fd.h"

namespace supervisor {

inline constexpr char kHostPolicyKey[] = "/etc/sentinel/policy.pub";

// Whether this run's policy must be signed, by an option or by the host's own key.
bool demands_signature(const ExecRequest&, const char* host_key = kHostPolicyKey);

// Open to read and write, made where it is missing.
ipc::Result<ipc::UniqueFd> open_policy_versions(std::string_view home, std::string_view state_home);

}  // namespace supervisor
