#include "run_files/folder_watch.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace supervisor {
namespace {

constexpr std::uint32_t kOfOurs = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;
constexpr std::uint32_t kOfAFolderAbove = IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR;

bool same_time(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

bool is_ours(const std::string& path) {
  const int error = errno;
  struct stat st {};
  const bool ours = ::lstat(path.c_str(), &st) == 0 && st.st_uid == ::geteuid();
  errno = error;
  return ours;
}

// Whether the file at `path` holds `text` and nothing else.
bool holds(const std::string& path, const std::string& text) {
  const ipc::UniqueFd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::string found(text.size() + 1, '\0');
  std::size_t size = 0;
  for (ssize_t got = 1; file && got > 0 && size < found.size();
       size += static_cast<std::size_t>(std::max<ssize_t>(got, 0)))
    got = ::read(file.get(), found.data() + size, found.size() - size);
  found.resize(size);
  return file && found == text;
}

}  // namespace

void FolderWatch::begin(const OwnedPaths& owned) {
  events_ = ipc::UniqueFd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!events_) why_by_looking_ = std::strerror(errno);
  std::vector<std::string> paths;
  for (const OwnedPaths::Claim& claim : owned.claims()) paths.push_back(claim.path);
  mounts_.begin(std::move(paths));
  for (const OwnedPaths::Claim& claim : owned.claims()) {
    Watched watched{&claim};
    if (::fstat(claim.held.get(), &watched.known) != 0) continue;   // of an open descriptor it does not fail
    if (S_ISREG(watched.known.st_mode)) watched.known.st_size = 0;  // as it was made, whatever came since
    watch(claim.path, claim.held.get(), kOfOurs);
    watch_folders_above(claim.path);
    watched_.push_back(std::move(watched));
  }
}

// `held`: the very file; -1: whatever has that name now.
void FolderWatch::watch(const std::string& path, int held, std::uint32_t mask) {
  if (!events_) return;
  const std::string name = held < 0 ? path : "/proc/self/fd/" + std::to_string(held);
  const int watch = ::inotify_add_watch(events_.get(), name.c_str(), mask);
  if (watch >= 0) {
    paths_.emplace(watch, path);
  } else if (held >= 0 || errno == ENOSPC || is_ours(path)) {  // what is root's, and hidden from us, only root can move
    why_by_looking_ = std::strerror(errno);
  }
}

void FolderWatch::watch_folders_above(const std::string& path) {
  for (std::size_t slash = path.rfind('/'); slash != 0 && slash != std::string::npos;
       slash = path.rfind('/', slash - 1)) {
    const std::string folder = path.substr(0, slash);
    const auto known = [&](const auto& entry) { return entry.second == folder; };
    if (std::ranges::none_of(paths_, known)) watch(folder, -1, kOfAFolderAbove);
  }
}

void FolderWatch::take_event(int watch, std::uint32_t mask, bool of_an_entry, const std::string& but_written,
                             std::string& first) {
  const auto found = paths_.find(watch);
  if (!first.empty()) return;
  if ((mask & IN_Q_OVERFLOW) != 0) first = "the run's files were changed faster than could be followed";
  if (found == paths_.end() || of_an_entry) return;
  const std::string& path = found->second;
  if ((mask & IN_MOVE_SELF) != 0) first = path + " was moved";
  if ((mask & (IN_DELETE_SELF | IN_UNMOUNT)) != 0) first = path + " was removed";
  if ((mask & IN_MODIFY) != 0 && path != but_written) first = path + " was rewritten";
}

// The first that says a change by itself; of IN_ATTRIB the look tells more.
std::string FolderWatch::read_events(const std::string& but_written) {
  alignas(inotify_event) char bytes[16384];
  std::string first;
  for (ssize_t got; events_ && (got = ::read(events_.get(), bytes, sizeof bytes)) > 0;) {
    for (const char* at = bytes; at < bytes + got;) {
      inotify_event event{};
      std::memcpy(&event, at, sizeof event);
      take_event(event.wd, event.mask, event.len != 0, but_written, first);
      at += sizeof event + event.len;
    }
  }
  return first;
}

std::string FolderWatch::compare(const Watched& watched) {
  const std::string& path = watched.claim->path;
  struct stat now {};
  const bool there = ::lstat(path.c_str(), &now) == 0;
  if (there != watched.there) return path + (there ? " is there again" : " was removed");
  if (!there) return {};
  const struct stat& known = watched.known;
  if (now.st_dev != known.st_dev || now.st_ino != known.st_ino) return path + " was replaced";
  if (now.st_mode != known.st_mode || now.st_uid != known.st_uid || now.st_gid != known.st_gid)
    return path + " has another mode or owner now";
  if (S_ISDIR(now.st_mode)) return {};  // an entry of another program's may come and go
  if (now.st_size != known.st_size) return path + " was rewritten";
  if (!watched.text.empty() && !holds(path, watched.text)) return path + " was rewritten";
  if (now.st_nlink != known.st_nlink || !same_time(now.st_mtim, known.st_mtim) ||
      !same_time(now.st_ctim, known.st_ctim)) {
    return path + " was changed";
  }
  return {};
}

std::optional<std::string> FolderWatch::look() {
  // First, and then nothing else: what was mounted there may keep whoever asks it for ever.
  if (const auto point = mounts_.look()) return *point + " was mounted over this run's files";
  std::string first = std::exchange(seen_, "");
  if (first.empty()) first = read_events("");
  for (Watched& watched : watched_) {
    const std::string change = compare(watched);
    if (change.empty()) continue;
    if (first.empty()) first = change;
    watched.there = ::lstat(watched.claim->path.c_str(), &watched.known) == 0;
    watched.text.clear();
  }
  return first.empty() ? std::nullopt : std::optional(first);
}

ipc::Status FolderWatch::wrote(const std::string& path, std::string_view text) {
  if (seen_.empty()) seen_ = read_events(path);  // of the write that was ours, too; of others' changes the look tells
  const auto found = std::ranges::find(watched_, path, [](const Watched& each) { return each.claim->path; });
  if (found == watched_.end()) return ipc::fail(ipc::Fault::kSystem, path + " is not watched");
  // What came after the events were read makes an event of its own; what came before is in the file, or is not.
  struct stat now {};
  if (::fstat(found->claim->held.get(), &now) != 0) return ipc::system_error("cannot look at " + path);
  found->known = now;
  found->text = text;
  const std::string change = compare(*found);
  if (change.empty()) return {};
  return ipc::fail(ipc::Fault::kRefused, change + " by another program before the command could start",
                   "look at what else runs as you");
}

}  // namespace supervisor
