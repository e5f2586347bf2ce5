// The file in which the runs of one user share MFA sessions: opened by the caller's own rights, read and written by the
// broker, which alone can read what is in it.
//
// Runs in: supervisor.   Blocks: as file systems do.   Owns: the descriptor, until the broker has it.
// Fails: kSystem or kConfig; a run without the file asks for a code of its own.
#pragma once

#include <string_view>

#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace supervisor {

// Open to read and write, made where it is missing.
ipc::Result<ipc::UniqueFd> open_session_store(std::string_view home, std::string_view state_home);

}  // namespace supervisor
