#include "child/process_tree.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "child/frozen_tree.h"

namespace supervisor {
namespace {

constexpr std::chrono::milliseconds kFreezeLimit{500};  // the loop has other work, too
constexpr std::size_t kMostNames = 8;

// What a broker that was killed leaves for a moment: its witness, and the reader of the posture.
bool ends_with_its_broker(std::string_view name) { return name == "sentinel-witn" || name == "sentinel-post"; }

}  // namespace

ipc::Status become_subreaper() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return ipc::system_error("PR_SET_CHILD_SUBREAPER");
  return {};
}

std::vector<pid_t> own_children() { return children_of(::getpid()); }

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

bool TreeEnd::tell(pid_t pid, const std::string& name, std::uint64_t start) {
  const auto [first, last] = told_.equal_range(pid);
  for (auto known = first; known != last; ++known) {
    if (known->second.start == start) return false;
  }
  told_.emplace(pid, Told{name, start});
  found_ = true;
  return true;
}

bool TreeEnd::sweep(bool kill) {
  const std::vector<pid_t> children = left();
  if (kill && !children.empty()) {
    FrozenTree tree(spared_);
    (void)tree.freeze(kFreezeLimit);  // what is killed forks no more, either, and the next sweep goes on
    for (const auto& [pid, member] : tree.members()) tell(pid, member.name, member.start);
    if (cgroup_) cgroup_->kill();
    tree.kill();
    return false;
  }
  for (const pid_t pid : children) {
    const auto seen = proc_stat(pid);
    if (!seen || seen->ended() || !tell(pid, seen->name, seen->start)) continue;
    ::kill(pid, SIGTERM);
    ::kill(pid, SIGCONT);
  }
  return children.empty();
}

void TreeEnd::note(const ChildNews& news) {
  const bool by_us = news.code == CLD_EXITED || news.status == SIGTERM || news.status == SIGKILL;
  const auto [first, last] = told_.equal_range(news.pid);
  if (news.ended() && !by_us && first != last) told_.erase(std::prev(last));
}

std::string TreeEnd::words() const {
  std::map<std::string, std::size_t> names;
  std::size_t count = 0;
  for (const auto& [pid, told] : told_) {
    if (pid == command_ || ends_with_its_broker(told.name)) continue;
    ++names[told.name];
    ++count;
  }
  if (count == 0) return {};
  std::string list;
  std::size_t named = 0;
  for (const auto& [name, times] : names) {
    if (named++ == kMostNames) break;
    list += (list.empty() ? "" : ", ") + name + (times > 1 ? " (" + std::to_string(times) + ")" : "");
  }
  if (names.size() > kMostNames) list += " and others";
  return "ended " + std::to_string(count) + (count == 1 ? " process" : " processes") +
         " that outlived the command: " + list;
}

std::string process_words(pid_t pid) {
  const auto seen = proc_stat(pid);
  return "process " + std::to_string(pid) + (seen ? " (" + seen->name + ")" : "");
}

TreeEnd end_all(std::chrono::milliseconds grace, const OwnCgroup& cgroup) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds kLastWait{3};
  const auto kill_at = Clock::now() + grace;
  auto give_up_at = kill_at + kLastWait;
  TreeEnd end;
  end.use(cgroup);
  while (true) {
    for (ChildNews news = next_child_news(); news.pid != 0; news = next_child_news()) end.note(news);
    if (end.sweep(Clock::now() >= kill_at) || Clock::now() >= give_up_at) return end;
    if (end.take_found() && Clock::now() >= kill_at) give_up_at = Clock::now() + kLastWait;
    ::poll(nullptr, 0, 10);
  }
}

}  // namespace supervisor
