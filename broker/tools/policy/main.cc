// sentinel-policy: checks, explains, compares, signs and moves policies. `sentinel policy …` starts it with the options
// that the supervisor's table knows, in one form (tools/arguments.h).
#include <cstdio>

#include "call/libraries.h"
#include "tools/policy/commands.h"

namespace {

constexpr broker::ToolWord kWords[] = {
#define COMMAND(function, word, options, least, most, usage, why) {word, options, least, most, usage},
#include "tools/policy/commands.def"
};

int run(const broker::ToolArguments& arguments, broker::ToolOutput& out) {
#define COMMAND(function, name, ...) \
  if (arguments.word() == name) return broker::policy_##function(arguments, out);
#include "tools/policy/commands.def"
  return broker::kToolMisused;
}

}  // namespace

int main(int argc, char** argv) {
  if (const ipc::Status started = broker::start_libraries(); !started) {
    broker::ToolOutput(stdout, stderr, false).error(started.error());
    return broker::kToolMisused;
  }
  return broker::run_tool("sentinel policy", kWords, argc, argv, run);
}
