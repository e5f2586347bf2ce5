// sentinel-audit: verifies decision logs and shows what they hold. `sentinel audit …` starts it with the options that
// the supervisor's table knows, in one form (tool_arguments.h). Needs no network, and no key but the log's.
#include <sys/prctl.h>

#include <csignal>
#include <cstdio>
#include <span>

#include "audit_commands.h"
#include "policy_commands.h"

namespace {

constexpr broker::ToolWord kWords[] = {
#define COMMAND(function, word, options, least, most, usage, why) {word, options, least, most, usage},
#include "audit_commands.def"
};

int run(const broker::ToolArguments& arguments, broker::ToolOutput& out) {
#define COMMAND(function, name, ...) \
  if (arguments.word() == name) return broker::audit_##function(arguments, out);
#include "audit_commands.def"
  return broker::kToolMisused;
}

int refuse(const ipc::Error& error) {
  broker::ToolOutput(stdout, stderr, false).error(error);
  return broker::kToolMisused;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is seen by finish()
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const auto arguments = broker::ToolArguments::parse("sentinel audit", kWords,
                                                      std::span<char* const>(argv, static_cast<std::size_t>(argc)));
  if (!arguments) return refuse(arguments.error());
  auto out = broker::ToolOutput::open(arguments->value("color"));
  if (!out) return refuse(out.error());
  const int code = run(*arguments, *out);
  return out->finish() || code != broker::kToolGood ? code : broker::kToolRefused;
}
