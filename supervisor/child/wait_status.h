// What the end of a process means: the one place where a wait status becomes an exit code.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <sys/wait.h>

#include <string>

namespace supervisor {

struct Ending {
  int code = 0;    // exit code of `sentinel`: the process's own, or 128 + signal
  int signal = 0;  // what killed it, 0 if it exited
  bool core = false;
};

// si_code and si_status as waitid(2) gives them for an ended process.
Ending ending_of(int child_code, int child_status);

// "ended with code 3" or "was killed by signal 9 (Killed)", with ", core dumped" where it was.
std::string describe(const Ending&);

// A shell reports a command that died of one of these; since we end with 128 + n, it would stay silent.
bool worth_telling(const Ending&);

}  // namespace supervisor
