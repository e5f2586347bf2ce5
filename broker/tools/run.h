// What every tool does around its words: its arguments, its output, its exit code.
//
// Runs in: the sentinel-… tools beside the broker.   Blocks: as the word does.
#pragma once

#include "tools/arguments.h"
#include "tools/output.h"

namespace broker {

// Exit codes: nothing is wrong; something was found wrong or refused; the command line is wrong.
inline constexpr int kToolGood = 0, kToolRefused = 1, kToolMisused = 2;

// Says the error, and answers with its exit code.
int refused(ToolOutput& out, const ipc::Error& error);

// Reads the tool's command line and hands it to `run`, which does the command's work (tools/commands.h).
int run_tool(ipc::Program tool, int argc, char** argv, int (*run)(const ToolArguments&, ToolOutput&));

// The same for a tool that sees keys: before anything else this process is made unreadable, and what it frees is
// wiped. `start`: start_libraries() where it asks AWS, else start_crypto().
int run_unreadable_tool(ipc::Program tool, int argc, char** argv, ipc::Status (*start)(),
                        int (*run)(const ToolArguments&, ToolOutput&));

}  // namespace broker
