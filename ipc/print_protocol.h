// Prints who speaks with whom, and every message between supervisor, broker and frontend: ipc/PROTOCOL.md, for
// auditors of the programs.
//
// Runs in: broker, when started by hand with one flag; no secret is read then.   Blocks: as stdio does.
#pragma once

#include <cstdio>

namespace ipc {

void print_protocol(std::FILE* out);

}  // namespace ipc
