// The frontend's own lock-down: its system call table, its limits, and nothing readable. The steps are ipc/lockdown's.
//
// Runs in: frontend, once, after its event loop exists and before it reads a byte.   Blocks: never.
// Fails: with the step that did not take; the program then ends without having read anything.
#pragma once

#include <cstdio>
#include <span>
#include <string>

#include "ipc/process/lockdown.h"

namespace frontend {

std::span<const ipc::SyscallRule> sandbox_rules();

// How many connections the descriptor limit of this process allows, at most `wanted`.
std::uint32_t affordable_connections(std::uint32_t wanted);

// Everything that is mandatory. Returns what is in force, in words.
ipc::Result<std::string> enter_sandbox();

// The table with its reasons, one row per line (`sentinel-frontend --print-sandbox`).
void print_sandbox(std::FILE* out);

}  // namespace frontend
