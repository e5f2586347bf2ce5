// A policy that the caller gives by a descriptor of his own: --policy-file <(command), which the shell writes as
// /dev/fd/63.
//
// Runs in: supervisor, before anything is forked.   Blocks: until the pipe's writer has ended.
// Owns: nothing; the caller owns the descriptor.
// Fails: kConfig for a longer text than a policy may have, and for a descriptor that is not open or may never end.
#pragma once

#include <string>

#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace supervisor {

// Its text in memory, read once and sealed; nothing where `path` is no such name.
ipc::Result<ipc::UniqueFd> read_open_policy(const std::string& path);

}  // namespace supervisor
