#include "child/process_tree.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "ipc/unique_fd.h"

namespace supervisor {

ipc::Status become_subreaper() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return ipc::system_error("PR_SET_CHILD_SUBREAPER");
  return {};
}

namespace {

std::vector<pid_t> listed_children(const std::string& path) {
  const ipc::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char part[4096];
  for (ssize_t got; fd && (got = ::read(fd.get(), part, sizeof part)) > 0;)
    text.append(part, static_cast<std::size_t>(got));
  std::vector<pid_t> children;
  const char* at = text.c_str();
  for (char* end = nullptr;; at = end) {
    const long pid = std::strtol(at, &end, 10);
    if (end == at) return children;
    children.push_back(static_cast<pid_t>(pid));
  }
}

}  // namespace

std::vector<pid_t> own_children() { return listed_children("/proc/thread-self/children"); }

std::vector<pid_t> children_of(pid_t pid) {
  const std::string number = std::to_string(pid);
  return listed_children("/proc/" + number + "/task/" + number + "/children");
}

bool ChildNews::ended() const { return code == CLD_EXITED || code == CLD_KILLED || code == CLD_DUMPED; }

ChildNews next_child_news() {
  siginfo_t info{};
  if (::waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG) != 0 || info.si_pid == 0) return {};
  return {info.si_pid, info.si_code, info.si_status, info.si_uid};
}

std::vector<pid_t> TreeEnd::left() const {
  std::vector<pid_t> children = own_children();
  std::erase_if(children,
                [this](pid_t pid) { return std::find(spared_.begin(), spared_.end(), pid) != spared_.end(); });
  return children;
}

bool TreeEnd::sweep(bool kill) {
  const std::vector<pid_t> children = left();
  for (const pid_t pid : children) {
    if (kill) {
      ::kill(pid, SIGKILL);
    } else if (told_.insert(pid).second) {
      ::kill(pid, SIGTERM);
      ::kill(pid, SIGCONT);
    }
  }
  return children.empty();
}

std::vector<pid_t> end_all(std::chrono::milliseconds grace) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds kLastWait{3};
  const auto kill_at = Clock::now() + grace, give_up_at = kill_at + kLastWait;
  TreeEnd end;
  while (true) {
    while (next_child_news().pid != 0) {
    }
    if (end.sweep(Clock::now() >= kill_at) || Clock::now() >= give_up_at) return end.left();
    ::poll(nullptr, 0, 10);
  }
}

}  // namespace supervisor
