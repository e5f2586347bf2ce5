// All that descends from this process, stopped before it is killed: what is stopped forks no more, so a pass that finds
// nothing new has found all. To kill without that is a race, which a program that forks as fast as it dies can win.
//
// A process is known by its number and the moment of its start, and is signalled through a pidfd that was opened before
// both were read: a number that is used again hits no stranger.
// Runs in: supervisor (keeper; the face, when the keeper was killed).   Blocks: in freeze(), as long as it is told.
// Owns: nothing; the stopped processes stay stopped unless they are killed.
// Source: /proc/PID/task/TID/children, which is exact for stopped processes alone, and /proc/PID/stat in proc(5).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace supervisor {

// What /proc/PID/stat says of a process now.
struct ProcStat {
  std::string name;  // at most 15 bytes, any
  char state = '?';
  pid_t parent = 0, group = 0;
  pid_t front = -1;         // the group that is in front on its terminal; -1: it has none
  std::uint64_t start = 0;  // ticks since the boot
  [[nodiscard]] bool ended() const { return state == 'Z' || state == 'X'; }
  [[nodiscard]] bool stopped() const { return state == 'T' || state == 't'; }
};
std::optional<ProcStat> proc_stat(pid_t);

// The children of a process, zombies included, whichever of its threads forked them.
std::vector<pid_t> children_of(pid_t);

class FrozenTree {
 public:
  // Without `spared`, which are children of ours, and what descends from them.
  explicit FrozenTree(std::vector<pid_t> spared) : spared_(std::move(spared)) {}

  struct Member {
    std::string name;
    std::uint64_t start = 0;
    bool ours_to_stop = true;  // false: another user's
    bool final = false;        // its children were read when it was stopped already
  };

  // True where the last pass found nothing new, and all that can be stopped is.
  bool freeze(std::chrono::milliseconds limit);
  void kill() const;
  [[nodiscard]] const std::map<pid_t, Member>& members() const { return members_; }

 private:
  bool pass();
  bool look_below(pid_t parent);
  bool add(pid_t child);
  bool look_at(pid_t pid, Member& member);

  std::vector<pid_t> spared_;
  std::map<pid_t, Member> members_;
};

}  // namespace supervisor
