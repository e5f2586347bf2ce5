// Reads the one-time code that --mfa-token - or --mfa-token-fd says where to find: one line, byte by byte, so that what
// stands behind it is the command's.
//
// Runs in: supervisor, once it cannot be read by others, and before anything is opened.
// Blocks: until the line has come.
// Owns: the descriptor, which is closed once it was read, unless it is one of the three that the command has anyway.
// Fails: kUsage for a descriptor that is not open, a terminal, and a line that is no code.
#pragma once

#include "command_line/request.h"

namespace supervisor {

// Nothing is read where the request names no descriptor.
ipc::Status read_mfa_code(ExecRequest& request);

}  // namespace supervisor
