// sentinel-audit: verifies decision logs and shows what they hold. `sentinel audit …` starts it with the options that
// ipc/commands/options.def gives it, in one form (tools/arguments.h). Needs no network, and no key but the log's.
#include <sys/prctl.h>

#include "tools/commands.h"

int main(int argc, char** argv) {
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return broker::run_tool(ipc::Program::Audit, argc, argv, broker::run_command<ipc::Program::Audit>);
}
