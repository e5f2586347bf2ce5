#include "tools/run.h"

#include <csignal>
#include <cstdio>

#include "ipc/process/lockdown.h"

namespace broker {
namespace {

int misused(const ipc::Error& error) {
  ToolOutput(stdout, stderr, false).error(error);
  return kToolMisused;
}

}  // namespace

int refused(ToolOutput& out, const ipc::Error& error) {
  out.error(error);
  return error.fault == ipc::Fault::kUsage ? kToolMisused : kToolRefused;
}

int run_tool(ipc::Program tool, int argc, char** argv, int (*run)(const ToolArguments&, ToolOutput&)) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is seen by finish()
  const auto arguments = ToolArguments::parse(tool, std::span<char* const>(argv, static_cast<std::size_t>(argc)));
  if (!arguments) return misused(arguments.error());
  auto out = ToolOutput::open(arguments->value("color"));
  if (!out) return misused(out.error());
  const int code = run(*arguments, *out);
  return out->finish() || code != kToolGood ? code : kToolRefused;
}

int run_unreadable_tool(ipc::Program tool, int argc, char** argv, ipc::Status (*start)(),
                        int (*run)(const ToolArguments&, ToolOutput&)) {
  if (const ipc::Status unreadable = ipc::become_unreadable(); !unreadable) return misused(unreadable.error());
  if (const ipc::Status started = start(); !started) return misused(started.error());
  return run_tool(tool, argc, argv, run);
}

}  // namespace broker
