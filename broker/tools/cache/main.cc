// sentinel-cache: lists and clears what runs keep for the next ones. `sentinel cache …` starts it with the options that
// ipc/commands/options.def gives it, in one form (tools/arguments.h). Nobody can read it from before its first secret.
#include "host/wiping_heap.h"
#include "tools/commands.h"

int main(int argc, char** argv) {
  return broker::run_unreadable_tool(ipc::Program::Cache, argc, argv, broker::start_crypto,
                                     broker::run_command<ipc::Program::Cache>);
}
