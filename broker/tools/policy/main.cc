// sentinel-policy: checks, explains, compares, signs and moves policies. `sentinel policy …` starts it with the options
// that ipc/commands/options.def gives it, in one form (tools/arguments.h).
#include <cstdio>

#include "call/libraries.h"
#include "tools/commands.h"

int main(int argc, char** argv) {
  if (const ipc::Status started = broker::start_libraries(); !started) {
    broker::ToolOutput(stdout, stderr, false).error(started.error());
    return broker::kToolMisused;
  }
  return broker::run_tool(ipc::Program::Policy, argc, argv, broker::run_command<ipc::Program::Policy>);
}
