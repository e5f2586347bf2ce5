#include "caller/proc_search.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstring>

namespace broker {
namespace {

struct Path {
  char text[64];
};
Path path_of(pid_t pid, const char* below) {
  Path path;
  std::snprintf(path.text, sizeof path.text, "%d/%s", pid, below);
  return path;
}

ipc::UniqueFd open_at(int folder, const char* path, int flags) {
  return ipc::UniqueFd(::openat(folder, path, O_RDONLY | O_CLOEXEC | flags));
}

// -1 for anything but a positive decimal number, such as "self" or "..".
pid_t number_of(std::string_view text) {
  pid_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0 ? value : -1;
}

// The kernel's own form; libc's readdir allocates.
struct KernelEntry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
  char name[];
};

// Calls visit(name) for each entry until it says false. Returns whether it said so.
template <class Visit>
bool each_entry(const ipc::UniqueFd& folder, Visit&& visit) {
  alignas(KernelEntry) char buffer[8192];
  while (folder) {
    const long got = ::syscall(SYS_getdents64, folder.get(), buffer, sizeof buffer);
    if (got <= 0) return false;
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const KernelEntry*>(buffer + at);
      if (!visit(std::string_view(entry->name))) return true;
      at += entry->length;
    }
  }
  return false;
}

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

std::uint64_t ProcSearch::socket_at(pid_t pid, int fd) {
  constexpr std::string_view kBefore = "socket:[";
  --links_left_;
  char path[64], link[64];
  std::snprintf(path, sizeof path, "%d/fd/%d", pid, fd);
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
    if (kept_[i].process && kept_[i].pid == noted.pid) {
      return holds(noted.pid, noted.fd, sought.inode) && answer_with(i, noted.fd, *sought.answer);
    }
  }
  return false;
}

bool ProcSearch::find_at_kept_numbers(const Sought& sought) {
  for (std::size_t i = 0; i < kKept; ++i) {
    for (std::size_t k = 0; k < kept_[i].fd_count; ++k) {
      const int fd = kept_[i].fds[k];
      if (holds(kept_[i].pid, fd, sought.inode)) return answer_with(i, fd, *sought.answer);
    }
  }
  return false;
}

// The last holder first; an answer changes their order, so the numbers are taken down before.
void ProcSearch::look_through_kept() {
  std::array<pid_t, kKept> pids{};
  for (std::size_t i = 0; i < kKept; ++i) pids[i] = kept_[i].process ? kept_[i].pid : 0;
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
  int at = 0, further = kFurtherLinks;
  const bool stopped =
      each_entry(open_at(proc_.get(), path_of(pid, "fd").text, O_DIRECTORY), [&](std::string_view name) {
        const pid_t fd = name == "0" ? 0 : number_of(name);
        if (fd < 0 || at++ < from) return true;
        if (at > to) return false;
        if (links_left_ <= 0) {
          cut_short_ = true;
          return false;
        }
        if (const std::uint64_t seen = socket_at(pid, fd); seen != 0) on_seen(pid, fd, seen);
        return sought_count_ > 0 || --further > 0;
      });
  return stopped && at > to;
}

void ProcSearch::on_seen(pid_t pid, int fd, std::uint64_t inode) {
  note(inode, pid, fd);
  for (std::size_t i = 0; i < sought_count_;) {
    if (sought_[i].inode == inode && answer_for(pid, fd, sought_[i])) {
      sought_[i] = sought_[--sought_count_];
    } else {
      ++i;
    }
  }
}

// The socket was just seen at this number. A process that is kept was held all the while; any other one is held now,
// and its link read again.
bool ProcSearch::answer_for(pid_t pid, int fd, const Sought& sought) {
  for (std::size_t i = 0; i < kKept; ++i) {
    if (kept_[i].process && kept_[i].pid == pid && answer_with(i, fd, *sought.answer)) return true;
  }
  ipc::Result<ipc::Pidfd> process = ipc::Pidfd::open(pid);
  return process && holds(pid, fd, sought.inode) && answer_with(keep(pid, std::move(*process)), fd, *sought.answer);
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
    name_executable(kept.pid, kept.name);
    kept.named_at = clock_.since_boot();
  }
  answer.pid = kept.pid;
  answer.identity = kept.identity;
  copy_name(kept.name, answer);
  return true;
}

std::size_t ProcSearch::keep(pid_t pid, ipc::Pidfd process) {
  kept_[kKept - 1] = Kept{};
  kept_[kKept - 1].pid = pid;
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

// Parents before their children, and each one's children as they were born: the newest are at the end. Where the kernel
// tells no children, or /proc hides the supervisor, every process that it shows is looked at: the broker walks the
// parents of what is found in any case.
void ProcSearch::list_tree(const WitnessQuestion& tree) {
  queued_ = 0;
  if (!has_children_files_ || !add_children(tree.root, tree)) return add_every_process(tree);
  for (std::size_t i = 0; i < queued_; ++i) (void)add_children(queue_[i], tree);
}

void ProcSearch::add(pid_t pid, const WitnessQuestion& tree) {
  const auto* const out_end = std::end(tree.left_out);
  if (pid <= 0 || std::find(tree.left_out, out_end, pid) != out_end) return;
  if (queued_ < kMaxProcesses) {
    queue_[queued_++] = pid;
  } else {
    cut_short_ = true;
  }
}

bool ProcSearch::add_children(pid_t pid, const WitnessQuestion& tree) {
  // Each thread has its own list of the children that it forked.
  const ipc::UniqueFd threads = open_at(proc_.get(), path_of(pid, "task").text, O_DIRECTORY);
  each_entry(threads, [&](std::string_view thread) {
    char path[96];
    const pid_t tid = number_of(thread);
    if (tid < 0) return true;
    std::snprintf(path, sizeof path, "%d/task/%d/children", pid, tid);
    add_children_of_thread(path, tree);
    return !cut_short_;
  });
  return static_cast<bool>(threads);
}

void ProcSearch::add_children_of_thread(const char* path, const WitnessQuestion& tree) {
  const ipc::UniqueFd file = open_at(proc_.get(), path, 0);
  char text[4096];
  std::size_t used = 0;  // a number may be cut in two by the buffer's end: its first half is carried over
  ssize_t got = 0;
  while (file && (got = ::read(file.get(), text + used, sizeof text - used)) > 0) {
    std::string_view rest(text, used + static_cast<std::size_t>(got));
    for (std::size_t space = rest.find(' '); space != std::string_view::npos; space = rest.find(' ')) {
      add(number_of(rest.substr(0, space)), tree);
      rest.remove_prefix(space + 1);
    }
    if (rest.size() > 16) return;
    std::memmove(text, rest.data(), rest.size());
    used = rest.size();
  }
}

void ProcSearch::add_every_process(const WitnessQuestion& tree) {
  each_entry(open_at(proc_.get(), ".", O_DIRECTORY), [&](std::string_view name) {
    add(number_of(name), tree);
    return !cut_short_;
  });
}

}  // namespace broker
