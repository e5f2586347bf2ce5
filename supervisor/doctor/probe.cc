#include "doctor/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "ipc/unique_fd.h"

namespace supervisor {
namespace {

// Waits for the other end of the pipe to go, which happens when the child ends.
bool ended_in_time(int pipe) {
  pollfd end{pipe, POLLIN, 0};
  int got;
  do {
    got = ::poll(&end, 1, static_cast<int>(kProbeWait.count()));
  } while (got < 0 && errno == EINTR);
  return got == 1;
}

}  // namespace

ProbeEnd in_child(const std::function<int()>& probe) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  const ipc::UniqueFd mine(ends[0]);
  ipc::UniqueFd childs(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return {};
  if (pid == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);  // a filter that kills is no crash worth a file
    ::_exit(probe());
  }
  childs.reset();
  if (!ended_in_time(mine.get())) ::kill(pid, SIGKILL);
  int status = 0;
  pid_t waited;
  do {
    waited = ::waitpid(pid, &status, 0);
  } while (waited < 0 && errno == EINTR);
  if (waited != pid) return {};
  if (WIFEXITED(status)) return {WEXITSTATUS(status), 0, true};
  return {-1, WIFSIGNALED(status) ? WTERMSIG(status) : 0, true};
}

std::string error_text(int error) { return std::strerror(error); }

}  // namespace supervisor
