#include "child/wait_status.h"

#include <csignal>
#include <cstring>

#include "terminal/exit_codes.h"

namespace supervisor {

Ending ending_of(int child_code, int child_status) {
  if (child_code == CLD_EXITED) return {child_status & 0xff, 0, false};
  return {kExitSignalBase + child_status, child_status, child_code == CLD_DUMPED};
}

std::string describe(const Ending& ending) {
  if (ending.signal == 0) return "ended with code " + std::to_string(ending.code);
  const char* name = ::sigdescr_np(ending.signal);
  return "was killed by signal " + std::to_string(ending.signal) + " (" + (name ? name : "real-time") + ")" +
         (ending.core ? ", core dumped" : "");
}

bool worth_telling(const Ending& ending) {
  switch (ending.signal) {
    case 0:
    case SIGINT:   // the user pressed Ctrl-C, and knows
    case SIGPIPE:  // the reader went first: ordinary in a pipeline
    case SIGTERM:
    case SIGHUP:
      return false;
    default:
      return true;
  }
}

}  // namespace supervisor
