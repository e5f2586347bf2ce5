#include "tools/run.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <span>
#include <string_view>

#include "ipc/process/lockdown.h"

namespace broker {
namespace {

// Before the command line was read whole, or where it cannot be: the form of the answer is looked for alone.
int misused(const ipc::Error& error, std::span<char* const> argv) {
  const bool json = std::ranges::any_of(argv, [](const char* word) { return std::string_view(word) == "--json=true"; });
  ToolOutput out(stdout, stderr, false, json);
  out.error(error);
  (void)out.finish(false);
  return kToolMisused;
}

std::span<char* const> words_of(int argc, char** argv) { return {argv, static_cast<std::size_t>(argc)}; }

}  // namespace

int refused(ToolOutput& out, const ipc::Error& error) {
  out.error(error);
  return error.fault == ipc::Fault::kUsage ? kToolMisused : kToolRefused;
}

int run_tool(ipc::Program tool, int argc, char** argv, int (*run)(const ToolArguments&, ToolOutput&)) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is seen by finish()
  const std::span<char* const> words = words_of(argc, argv);
  const auto arguments = ToolArguments::parse(tool, words);
  if (!arguments) return misused(arguments.error(), words);
  auto out = ToolOutput::open(arguments->value("color"), arguments->flag("json"));
  if (!out) return misused(out.error(), words);
  const int code = run(*arguments, *out);
  return out->finish(code == kToolGood) || code != kToolGood ? code : kToolRefused;
}

int run_unreadable_tool(ipc::Program tool, int argc, char** argv, ipc::Status (*start)(),
                        int (*run)(const ToolArguments&, ToolOutput&)) {
  if (const ipc::Status unreadable = ipc::become_unreadable(); !unreadable)
    return misused(unreadable.error(), words_of(argc, argv));
  if (const ipc::Status started = start(); !started) return misused(started.error(), words_of(argc, argv));
  return run_tool(tool, argc, argv, run);
}

}  // namespace broker
