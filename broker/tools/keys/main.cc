// sentinel-keys: puts long-term keys away, lists, removes and rotates them. `sentinel keys …` starts it with the
// options that ipc/commands/options.def gives it, in one form (tools/arguments.h). Nobody can read it from before its
// first secret.
#include "call/libraries.h"
#include "tools/commands.h"

int main(int argc, char** argv) {
  return broker::run_unreadable_tool(ipc::Program::Keys, argc, argv, broker::start_libraries,
                                     broker::run_command<ipc::Program::Keys>);
}
