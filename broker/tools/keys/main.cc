// sentinel-keys: puts long-term keys away, lists, removes and rotates them. `sentinel keys …` starts it with the
// options that the supervisor's table knows, in one form (tools/arguments.h). Nobody can read it from before its first
// secret.
#include "call/libraries.h"
#include "tools/keys/commands.h"

namespace {

constexpr broker::ToolWord kWords[] = {
#define COMMAND(function, word, options, least, most, usage, why) {word, options, least, most, usage},
#include "tools/keys/commands.def"
};

int run(const broker::ToolArguments& arguments, broker::ToolOutput& out) {
#define COMMAND(function, name, ...) \
  if (arguments.word() == name) return broker::keys_##function(arguments, out);
#include "tools/keys/commands.def"
  return broker::kToolMisused;
}

}  // namespace

int main(int argc, char** argv) {
  return broker::run_unreadable_tool("sentinel keys", kWords, argc, argv, broker::start_libraries, run);
}
