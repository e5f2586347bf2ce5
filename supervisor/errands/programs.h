// Starts a program of the user's: one that a profile names, or one that asks the user something. The caller's own
// environment and folder, a session of its own, no descriptor of ours but stdin, stdout and stderr.
//
// A minder of ours stands between: it waits for the program, ends it when the time is over or we are gone, ends what it
// leaves running in its session, and says how it ended. A daemon that it left, with a session of its own, stays. In a
// served run the minder is a sibling of the keeper, not its child, so that neither the program nor a daemon that it
// leaves is taken for the command's tree.
// Runs in: supervisor; the minder in a process of its own.   Blocks: never.
// Owns: our ends of stdin and stdout, which are sockets (ipc/process/one_way_socket.h): a program of the same user that
// opens /proc/PID/fd/1 gets nothing. Letting go of `status`, or dying, ends the program and its group.
// Fails: kConfig with the name of a program that is not there; kSystem.
// Source: CLONE_PARENT in clone(2).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "child/wait_status.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace supervisor {

inline constexpr std::chrono::seconds kProgramLimit{60};

struct ProgramPlan {
  std::vector<std::string> words;  // the program and its arguments
  const std::vector<std::string>& environment;
  std::chrono::milliseconds limit{kProgramLimit};
  bool with_input = false;  // a socket as its stdin; else /dev/null
  bool as_sibling = false;  // of the keeper; else our own child
};

struct RunningProgram {
  ipc::UniqueFd status;  // becomes readable when it has ended
  ipc::UniqueFd output;  // reading end of its stdout; never blocks
  ipc::UniqueFd input;   // writing end of its stdin
  pid_t minder = -1;     // where it is our own child
};
ipc::Result<RunningProgram> start_program(const ProgramPlan&);
// To be called in every case, after its end or to bring that about; waits for the minder, which does not take long.
void end_program(RunningProgram&);

// How a program ended, once it has.
struct ProgramEnd {
  enum class How { Ended, Overdue, NotStarted, Lost } how = How::Lost;
  Ending ending{};
  int error = 0;  // of a program that could not be started
  [[nodiscard]] bool good() const { return how == How::Ended && ending.signal == 0 && ending.code == 0; }
};
std::optional<ProgramEnd> program_end(int status);
// "ended with code 3", "took longer than 60 s", …
std::string describe(const ProgramEnd&, std::chrono::seconds limit = kProgramLimit);

// Starts a program and does not wait for it, with /dev/null for all three: a browser.
ipc::Status start_detached(const ProgramPlan&);

}  // namespace supervisor
