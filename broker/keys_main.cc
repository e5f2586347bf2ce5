// sentinel-keys: puts long-term keys away, lists, removes and rotates them. `sentinel keys …` starts it with the
// options that the supervisor's table knows, in one form (tool_arguments.h). Nobody can read it from before its first
// secret.
#include <cstdio>

#include "heap.h"
#include "ipc/lockdown.h"
#include "key_commands.h"

namespace {

constexpr broker::ToolWord kWords[] = {
#define COMMAND(function, word, options, least, most, usage, why) {word, options, least, most, usage},
#include "key_commands.def"
};

int run(const broker::ToolArguments& arguments, broker::ToolOutput& out) {
#define COMMAND(function, name, ...) \
  if (arguments.word() == name) return broker::keys_##function(arguments, out);
#include "key_commands.def"
  return broker::kToolMisused;
}

int say(const ipc::Error& error) {
  broker::ToolOutput(stdout, stderr, false).error(error);
  return broker::kToolMisused;
}

}  // namespace

int main(int argc, char** argv) {
  if (const ipc::Status unreadable = ipc::become_unreadable(); !unreadable) return say(unreadable.error());
  if (const ipc::Status started = broker::start_libraries(); !started) return say(started.error());
  return broker::run_tool("sentinel keys", kWords, argc, argv, run);
}
