// sentinel-host: checks the file that configures a host which users share. `sentinel host …` starts it with the options
// that ipc/commands/options.def gives it, in one form (tools/arguments.h). It reads no key, and asks no server.
#include <sys/prctl.h>

#include "tools/commands.h"

int main(int argc, char** argv) {
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return broker::run_tool(ipc::Program::Host, argc, argv, broker::run_command<ipc::Program::Host>);
}
