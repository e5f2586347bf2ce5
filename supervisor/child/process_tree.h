// The command's tree as the kernel sees it: this process is a subreaper, so whatever loses its parent becomes our
// child, and a child that we have not reaped keeps its number. So kill(2) on our own children can hit no stranger.
//
// Runs in: supervisor (keeper; the face, when the keeper was killed).   Blocks: end_all() only.
// Source: PR_SET_CHILD_SUBREAPER in prctl(2); /proc/thread-self/children in proc(5).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "child/own_cgroup.h"
#include "ipc/result.h"

namespace supervisor {

ipc::Status become_subreaper();

// Our children now, zombies included.
std::vector<pid_t> own_children();

// One ended or stopped child of ours, as waitid(2) tells it.
struct ChildNews {
  pid_t pid = 0;
  int code = 0;  // CLD_EXITED, CLD_KILLED, CLD_DUMPED, CLD_STOPPED, CLD_CONTINUED
  int status = 0;
  uid_t uid = 0;  // the real user that it ran as
  [[nodiscard]] bool ended() const;
};
// Takes the next piece of news; pid 0 when there is none. Reaps.
ChildNews next_child_news();

// Tells or kills what is part of the tree, each sweep what has come to us since the last; and remembers whom, by name.
class TreeEnd {
 public:
  // Children that are no part of the tree: our helpers, as long as they are not reaped. Given before each sweep, since
  // a reaped helper's number may come back as a member of the tree.
  void spare(std::vector<pid_t> helpers) { spared_ = std::move(helpers); }
  // The command itself: its end is no news.
  void leave_unnamed(pid_t command) { command_ = command; }
  // In which the command was started; may hold none. It outlives this.
  void use(const OwnCgroup& cgroup) { cgroup_ = &cgroup; }
  // SIGTERM to our children (once each, and SIGCONT: a stopped process cannot act on it); or the whole tree is frozen,
  // and gets SIGKILL. True when no child is left.
  bool sweep(bool kill);
  [[nodiscard]] std::vector<pid_t> left() const;
  // Whether the sweeps since the last call found a process that no sweep had found before.
  bool take_found() { return std::exchange(found_, false); }
  // How a child ended: one that went by a signal of another's was not ended by us.
  void note(const ChildNews&);
  // "ended 2 processes that outlived the command: sleep, gpg-agent"; empty where there were none.
  [[nodiscard]] std::string words() const;

 private:
  struct Told {
    std::string name;
    std::uint64_t start = 0;
  };
  bool tell(pid_t, const std::string& name, std::uint64_t start);

  std::vector<pid_t> spared_;
  std::multimap<pid_t, Told> told_;
  const OwnCgroup* cgroup_ = nullptr;
  pid_t command_ = -1;
  bool found_ = false;
};

// "process 123 (sleep)", for what could not be ended.
std::string process_words(pid_t);

// Ends every child, and every orphan that becomes one: SIGTERM, after `grace` SIGKILL to the frozen tree. What is left
// then could not be ended, because it belongs to another user or is stuck in the kernel.
TreeEnd end_all(std::chrono::milliseconds grace, const OwnCgroup& cgroup = {});

}  // namespace supervisor
