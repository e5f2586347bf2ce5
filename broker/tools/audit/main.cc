// sentinel-audit: verifies decision logs and shows what they hold. `sentinel audit …` starts it with the options that
// the supervisor's table knows, in one form (tools/arguments.h). Needs no network, and no key but the log's.
#include <sys/prctl.h>

#include "tools/audit/commands.h"

namespace {

constexpr broker::ToolWord kWords[] = {
#define COMMAND(function, word, options, least, most, usage, why) {word, options, least, most, usage},
#include "tools/audit/commands.def"
};

int run(const broker::ToolArguments& arguments, broker::ToolOutput& out) {
#define COMMAND(function, name, ...) \
  if (arguments.word() == name) return broker::audit_##function(arguments, out);
#include "tools/audit/commands.def"
  return broker::kToolMisused;
}

}  // namespace

int main(int argc, char** argv) {
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return broker::run_tool("sentinel audit", kWords, argc, argv, run);
}
