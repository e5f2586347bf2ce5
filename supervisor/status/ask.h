// Asks the run that this process is in how it stands, on the server that its environment names, as an SDK asks for
// credentials: the broker checks the caller alike. Of several profiles AWS_PROFILE chooses one over the Unix socket;
// where it names none of the run, the answer is the first one's, and says so.
//
// Runs in: sentinel, in the command's tree.   Blocks: at most kAnswerLimit in all.   Owns: the bearer token, for the
// moment of the question.
// Before the token is sent over the Unix socket, the kernel must say that this run's own server listens there. What
// comes back is no secret, and is believed as far as the frontend is: one that was taken over can lie in it. Nothing
// hangs on it. Fails: kConfig where the environment names no server, or a malformed one; kUnavailable where it does not
// answer; kRefused where it refuses.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ipc/client/run_status.h"
#include "ipc/result.h"

namespace supervisor {

inline constexpr std::chrono::seconds kAnswerLimit{5};

// Whether the environment names a server of a run. Entries are NAME=value.
bool is_served(const std::vector<std::string>& environment);
ipc::Result<ipc::RunStatus> ask_status(const std::vector<std::string>& environment);

}  // namespace supervisor
