#include "child/frozen_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "ipc/process/pidfd.h"
#include "ipc/unique_fd.h"

namespace supervisor {
namespace {

std::string read_whole(const std::string& path) {
  const ipc::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char part[4096];
  for (ssize_t got; fd && (got = ::read(fd.get(), part, sizeof part)) > 0;)
    text.append(part, static_cast<std::size_t>(got));
  return text;
}

void add_numbers(const std::string& text, std::vector<pid_t>& numbers) {
  const char* at = text.c_str();
  for (char* end = nullptr;; at = end) {
    const long number = std::strtol(at, &end, 10);
    if (end == at) return;
    numbers.push_back(static_cast<pid_t>(number));
  }
}

// The entries of a folder of /proc that are numbers.
std::vector<pid_t> numbers_in(const std::string& folder) {
  std::vector<pid_t> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = listing ? ::readdir(listing.get()) : nullptr) {
    if (entry->d_name[0] > '0' && entry->d_name[0] <= '9') add_numbers(entry->d_name, numbers);
  }
  return numbers;
}

// Of a kernel whose /proc has no lists of children.
std::vector<pid_t> children_by_looking_at_all(pid_t parent) {
  std::vector<pid_t> children = numbers_in("/proc");
  std::erase_if(children, [parent](pid_t pid) {
    const auto seen = proc_stat(pid);
    return !seen || seen->parent != parent;
  });
  return children;
}

bool kernel_lists_children() {
  static const bool lists = ::access("/proc/thread-self/children", R_OK) == 0;
  return lists;
}

// Sends it to the process that has this number and this start; false where there is none any more.
bool signal_exactly(pid_t pid, std::uint64_t start, int signal) {
  const auto handle = ipc::Pidfd::open(pid);
  const auto seen = proc_stat(pid);
  return handle && seen && seen->start == start && handle->send_signal(signal).has_value();
}

}  // namespace

std::optional<ProcStat> proc_stat(pid_t pid) {
  const std::string text = read_whole("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t open = text.find('('), close = text.rfind(')');  // a name may hold either
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  ProcStat seen;
  seen.name = text.substr(open + 1, close - open - 1);
  unsigned long long start = 0;
  const char* const rest = text.c_str() + close + 1;
  // state ppid pgrp, two that we do not need, tpgid, 13 likewise, starttime
  if (std::sscanf(rest, " %c %d %d %*s %*s %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &seen.state,
                  &seen.parent, &seen.group, &seen.front, &start) != 5) {
    return std::nullopt;
  }
  seen.start = start;
  return seen;
}

std::vector<pid_t> children_of(pid_t pid) {
  if (!kernel_lists_children()) return children_by_looking_at_all(pid);
  std::vector<pid_t> children;
  const std::string threads = "/proc/" + std::to_string(pid) + "/task";
  for (const pid_t thread : numbers_in(threads)) {
    add_numbers(read_whole(threads + "/" + std::to_string(thread) + "/children"), children);
  }
  return children;
}

// A process of the tree is below us or below one that is known; stops it. True where it is new.
bool FrozenTree::add(pid_t child) {
  if (std::ranges::find(spared_, child) != spared_.end()) return false;
  const auto handle = ipc::Pidfd::open(child);  // before it is looked at
  const auto seen = proc_stat(child);
  if (!handle || !seen || seen->ended()) return false;
  if (seen->parent != ::getpid() && !members_.contains(seen->parent)) return false;
  const auto known = members_.find(child);
  if (known != members_.end() && known->second.start == seen->start) return false;
  const ipc::Status stopped = handle->send_signal(SIGSTOP);
  members_[child] = Member{seen->name, seen->start, stopped || stopped.error().sys_errno != EPERM};
  return true;
}

bool FrozenTree::look_below(pid_t parent) {
  bool found = false;
  for (const pid_t child : children_of(parent)) found = add(child) || found;
  return found;
}

// True where it must be looked at again.
bool FrozenTree::look_at(pid_t pid, Member& member) {
  const auto seen = proc_stat(pid);
  if (!seen || seen->start != member.start || seen->ended()) {
    member.final = true;
    return false;
  }
  const bool stands = seen->stopped() || !member.ours_to_stop;
  const bool found = look_below(pid);
  member.final = stands && member.ours_to_stop;
  // One that was on its way into a call may not have stopped yet; one that another process continued is stopped again.
  if (!stands) (void)signal_exactly(pid, member.start, SIGSTOP);
  return found || !stands;
}

bool FrozenTree::pass() {
  bool again = look_below(::getpid());
  std::vector<pid_t> open;
  for (const auto& [pid, member] : members_) {
    if (!member.final) open.push_back(pid);
  }
  for (const pid_t pid : open) again = look_at(pid, members_[pid]) || again;
  return again;
}

bool FrozenTree::freeze(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (pass()) {
    if (std::chrono::steady_clock::now() >= end) return false;
  }
  return true;
}

void FrozenTree::kill() const {
  for (const auto& [pid, member] : members_) (void)signal_exactly(pid, member.start, SIGKILL);
}

}  // namespace supervisor
