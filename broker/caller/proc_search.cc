#include "caller/proc_search.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstring>

#include "caller/proc_folder.h"

namespace broker {
namespace {

bool lives(const ipc::Pidfd& process) {
  const ipc::Status alive = process.send_signal(0);
  return alive || alive.error().sys_errno == EPERM;
}

void read_comm(int proc, pid_t pid, WitnessAnswer& answer) {
  const ipc::UniqueFd file = open_at(proc, path_of(pid, "comm").text, 0);
  const ssize_t got = file ? ::read(file.get(), answer.comm, sizeof answer.comm) : 0;
  const std::string_view text(answer.comm, got > 0 ? static_cast<std::size_t>(got) : 0);
  answer.comm_bytes = static_cast<std::uint32_t>(std::min(text.size(), text.find('\n')));
}

void copy_name(const WitnessAnswer& from, WitnessAnswer& to) {
  to.executable_bytes = from.executable_bytes;
  to.comm_bytes = from.comm_bytes;
  std::memcpy(to.comm, from.comm, from.comm_bytes);
  std::memcpy(to.executable, from.executable, from.executable_bytes);
}

}  // namespace

ProcSearch::ProcSearch(ipc::UniqueFd proc, const Clock& clock, int most_links)
    : proc_(std::move(proc)), clock_(clock), most_links_(most_links) {
  const Path own = path_of(::getpid(), "task");
  char path[96];
  std::snprintf(path, sizeof path, "%s/%d/children", own.text, ::getpid());
  has_children_files_ = static_cast<bool>(open_at(proc_.get(), path, 0));
}

std::uint64_t ProcSearch::socket_at(Files files, int fd) {
  constexpr std::string_view kBefore = "socket:[";
  --links_left_;
  char path[64], link[64];
  if (files.thread == 0) {
    std::snprintf(path, sizeof path, "%d/fd/%d", files.pid, fd);
  } else {
    std::snprintf(path, sizeof path, "%d/task/%d/fd/%d", files.pid, files.thread, fd);
  }
  const ssize_t got = ::readlinkat(proc_.get(), path, link, sizeof link);
  const std::string_view text(link, got > 0 ? static_cast<std::size_t>(got) : 0);
  if (!text.starts_with(kBefore) || !text.ends_with(']')) return 0;
  std::uint64_t inode = 0;
  const auto [end, error] = std::from_chars(text.data() + kBefore.size(), text.data() + text.size() - 1, inode);
  return error == std::errc() && end == text.data() + text.size() - 1 ? inode : 0;
}

void ProcSearch::find_holders(std::span<const WitnessQuestion> questions, std::span<WitnessAnswer> answers) {
  sought_count_ = 0;
  links_left_ = most_links_;
  const WitnessQuestion* tree = nullptr;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (questions[i].task != WitnessTask::kHolder || questions[i].inode == 0) continue;  // no socket has inode 0
    tree = &questions[i];
    const Sought sought{questions[i].inode, &answers[i]};
    if (find_in_notes(sought) || find_at_kept_numbers(sought)) continue;
    if (sought_count_ < sought_.size()) sought_[sought_count_++] = sought;
  }
  if (sought_count_ > 0) look_through_kept();
  for (int walk = 0; walk < kWalks && sought_count_ > 0; ++walk) look_through_tree(*tree);
  for (std::size_t i = 0; i < sought_count_; ++i) sought_[i].answer->cut_short = cut_short_ ? 1 : 0;
}

// Only of processes that are kept: their pidfds say that the number is still theirs.
bool ProcSearch::find_in_notes(const Sought& sought) {
  const Note noted = notes_[sought.inode % kNotes];
  if (noted.inode != sought.inode) return false;
  for (std::size_t i = 0; i < kKept; ++i) {
    if (kept_[i].process && kept_[i].files == noted.files) {
      return holds(noted.files, noted.fd, sought.inode) && answer_with(i, noted.fd, *sought.answer);
    }
  }
  return false;
}

bool ProcSearch::find_at_kept_numbers(const Sought& sought) {
  for (std::size_t i = 0; i < kKept; ++i) {
    for (std::size_t k = 0; k < kept_[i].fd_count; ++k) {
      const int fd = kept_[i].fds[k];
      if (holds(kept_[i].files, fd, sought.inode)) return answer_with(i, fd, *sought.answer);
    }
  }
  return false;
}

// The last holder first; an answer changes their order, so the numbers are taken down before.
void ProcSearch::look_through_kept() {
  std::array<pid_t, kKept> pids{};
  for (std::size_t i = 0; i < kKept; ++i) pids[i] = kept_[i].process ? kept_[i].files.pid : 0;
  for (const pid_t pid : pids) {
    if (pid > 0 && sought_count_ > 0) look_at(pid, 0, kFirstLinks);
  }
}

void ProcSearch::look_through_tree(const WitnessQuestion& tree) {
  links_left_ = most_links_;
  cut_short_ = false;
  list_tree(tree);
  // Those with more files than a first look takes are gathered at the queue's end, behind what is still to be looked
  // at.
  std::size_t rest = queued_;
  for (std::size_t i = queued_; i-- > 0 && sought_count_ > 0;) {
    const pid_t pid = queue_[i];
    if (look_at(pid, 0, kFirstLinks)) queue_[--rest] = pid;
  }
  for (std::size_t i = queued_; i-- > rest && sought_count_ > 0;) look_at(queue_[i], kFirstLinks, INT_MAX);
}

bool ProcSearch::look_at(pid_t pid, int from, int to) {
  const Looked main = look_at_files({pid, 0}, from, to);
  if (main.listed != 0) return main.more;
  bool more = false;
  int left = kMaxThreads;
  each_entry(open_at(proc_.get(), path_of(pid, "task").text, O_DIRECTORY), [&](std::string_view name) {
    const pid_t thread = number_of(name);
    if (thread > 0 && thread != pid) more = look_at_files({pid, thread}, from, to).more || more;
    return sought_count_ > 0 && links_left_ > 0 && --left > 0;
  });
  return more;
}

ProcSearch::Looked ProcSearch::look_at_files(Files files, int from, int to) {
  char folder[64];
  if (files.thread == 0) {
    std::snprintf(folder, sizeof folder, "%d/fd", files.pid);
  } else {
    std::snprintf(folder, sizeof folder, "%d/task/%d/fd", files.pid, files.thread);
  }
  const ipc::UniqueFd opened = open_at(proc_.get(), folder, O_DIRECTORY);
  if (!opened) return {-1, false};
  int at = 0, further = kFurtherLinks;
  const bool stopped = each_entry(opened, [&](std::string_view name) {
    const pid_t fd = name == "0" ? 0 : number_of(name);
    if (fd < 0 || at++ < from) return true;
    if (at > to) return false;
    if (links_left_ <= 0) {
      cut_short_ = true;
      return false;
    }
    if (const std::uint64_t seen = socket_at(files, fd); seen != 0) on_seen(files, fd, seen);
    return sought_count_ > 0 || --further > 0;
  });
  return {at, stopped && at > to};
}

void ProcSearch::on_seen(Files files, int fd, std::uint64_t inode) {
  note(inode, files, fd);
  for (std::size_t i = 0; i < sought_count_;) {
    if (sought_[i].inode == inode && answer_for(files, fd, sought_[i])) {
      sought_[i] = sought_[--sought_count_];
    } else {
      ++i;
    }
  }
}

// The socket was just seen at this number. A process that is kept was held all the while; any other one is held now,
// and its link read again.
bool ProcSearch::answer_for(Files files, int fd, const Sought& sought) {
  for (std::size_t i = 0; i < kKept; ++i) {
    if (kept_[i].process && kept_[i].files == files && answer_with(i, fd, *sought.answer)) return true;
  }
  ipc::Result<ipc::Pidfd> process = ipc::Pidfd::open(files.pid);
  return process && holds(files, fd, sought.inode) && answer_with(keep(files, std::move(*process)), fd, *sought.answer);
}

// The link was read while the pidfd was held, and the process still lives afterwards: so the number was its own when
// the link was read.
bool ProcSearch::answer_with(std::size_t index, int fd, WitnessAnswer& answer) {
  std::rotate(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(index),
              kept_.begin() + static_cast<std::ptrdiff_t>(index) + 1);
  Kept& kept = kept_[0];
  if (!lives(kept.process)) {
    kept = Kept{};
    return false;
  }
  auto* const end = kept.fds.begin() + kept.fd_count;
  auto* at = std::find(kept.fds.begin(), end, fd);
  if (at == end && kept.fd_count < kKeptFds) ++kept.fd_count;
  if (at == kept.fds.end()) --at;
  std::rotate(kept.fds.begin(), at, at + 1);
  kept.fds[0] = fd;
  if (clock_.since_boot() - kept.named_at > kNameFresh) {
    kept.name = WitnessAnswer{};
    name_executable(kept.files.pid, kept.name);
    kept.named_at = clock_.since_boot();
  }
  answer.pid = kept.files.pid;
  answer.identity = kept.identity;
  copy_name(kept.name, answer);
  return true;
}

std::size_t ProcSearch::keep(Files files, ipc::Pidfd process) {
  kept_[kKept - 1] = Kept{};
  kept_[kKept - 1].files = files;
  kept_[kKept - 1].identity = process.identity();
  kept_[kKept - 1].process = std::move(process);
  return kKept - 1;
}

void ProcSearch::name_executable(pid_t pid, WitnessAnswer& answer) const {
  ssize_t got = ::readlinkat(proc_.get(), path_of(pid, "exe").text, answer.executable, sizeof answer.executable);
  if (got < 0 && errno != EACCES) return;
  answer.pid = pid;
  read_comm(proc_.get(), pid, answer);
  // Of a process that made itself unreadable, as our own helper of SDKs does: in brackets, as ps(1) shows such a name.
  if (got < 0)
    got = std::snprintf(answer.executable, sizeof answer.executable, "[%.*s]", int(answer.comm_bytes), answer.comm);
  answer.executable_bytes = static_cast<std::uint32_t>(got);
}

}  // namespace broker
