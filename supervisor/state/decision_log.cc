#include "state/decision_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <ctime>

#include "ipc/files/state_folder.h"
#include "ipc/files/trusted_path.h"
#include "state/files.h"
#include "state/log_head.h"

namespace supervisor {
namespace {

using ipc::Fault;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kLogStep = "name a file that you may write with --log-file PATH";
constexpr char kSystemLog[] = "/dev/log";
constexpr int kOpenFlags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;  // read: the chain's end
constexpr std::string_view kFolderStep =
    "let the caller write to the log's folder, or leave --log-max-size out and free the file yourself";
constexpr off_t kLongestLine = 64 * 1024;
constexpr int kMostInASecond = 100;
// Inside a JSON string the quotes would be escaped, so no member's text can look like this.
constexpr std::string_view kClosed = "\"event\":\"rotated\"";

// ---- the file after a full one

struct LastLine {
  std::string text;  // with its newline; empty where there is no whole line
  bool alone = false;
};

LastLine last_line(int fd) {
  struct stat st {};
  if (::fstat(fd, &st) != 0 || st.st_size == 0) return {};
  const off_t from = st.st_size > kLongestLine + 2 ? st.st_size - kLongestLine - 2 : 0;
  std::string tail(static_cast<std::size_t>(st.st_size - from), '\0');
  const ssize_t got = ::pread(fd, tail.data(), tail.size(), from);
  if (got != static_cast<ssize_t>(tail.size()) || tail.back() != '\n') return {};
  const std::size_t before = tail.size() == 1 ? tail.npos : tail.rfind('\n', tail.size() - 2);
  if (before == tail.npos) return from == 0 ? LastLine{tail, true} : LastLine{};
  return {tail.substr(before + 1), false};
}

// A lock of our own: the descriptors are shared with the broker, and so would their lock be.
ipc::Result<ipc::UniqueFd> lock_file(const DecisionLog& log) {
  const std::string self = "/proc/self/fd/" + std::to_string(log.lock ? log.lock.get() : log.fd.get());
  ipc::UniqueFd fd(::open(self.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return ipc::system_error("cannot open the decision log " + log.label + " again");
  const auto end = Clock::now() + kLockPatience;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if ((errno != EWOULDBLOCK && errno != EINTR) || Clock::now() >= end)
      return ipc::system_error("cannot lock the decision log " + log.label);
    const timespec nap{0, 200'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, nullptr);
  }
  return fd;
}

bool same_file(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

DecisionLog follower(const DecisionLog& full, ipc::UniqueFd fd) {
  DecisionLog next{std::move(fd), full.label, full.kind, full.path, full.lock_path};
  if (full.lock) next.lock = ipc::UniqueFd(::fcntl(full.lock.get(), F_DUPFD_CLOEXEC, 3));
  return next;
}

ipc::Result<DecisionLog> open_successor(const DecisionLog& full) {
  auto file = ipc::open_trusted(full.path, ipc::trust_user(::geteuid()), kOpenFlags);
  if (!file) return std::unexpected(ipc::with_next_step(file.error(), kLogStep));
  return follower(full, std::move(file->fd));
}

std::string stamp_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc)};
}

// Gives the old file a second name, which was free.
ipc::Result<std::string> keep_old(const std::string& path) {
  const std::string name = path + "." + stamp_now();
  std::string kept = name;
  for (int more = 1; ::link(path.c_str(), kept.c_str()) != 0; ++more) {
    if (errno != EEXIST || more == kMostInASecond)
      return ipc::system_error("the full decision log " + path + " cannot be kept as " + kept, kFolderStep);
    kept = name + "-" + std::to_string(more);
  }
  return kept;
}

// The file that will follow, with its first line, under a name that no run opens.
ipc::Result<ipc::UniqueFd> make_next(const std::string& name, mode_t mode, const std::string& first) {
  ::unlink(name.c_str());  // of a run that ended half-way: we hold the lock
  ipc::UniqueFd fd(::open(name.c_str(),
                          O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0600));
  if (!fd) return ipc::system_error("cannot make the next decision log " + name, kFolderStep);
  if (::fchmod(fd.get(), mode & 07777) != 0 ||
      ::write(fd.get(), first.data(), first.size()) != static_cast<ssize_t>(first.size()) ||
      ::fdatasync(fd.get()) != 0) {
    auto failed = ipc::system_error("cannot write the next decision log " + name, "free the disk");
    ::unlink(name.c_str());
    return failed;
  }
  return fd;
}

// Does the last line say that another file follows? Not where it is the file's only line: there it is the copy that
// links the file to the one before.
bool is_closed_log(int fd) {
  const LastLine last = last_line(fd);
  return !last.alone && last.text.find(kClosed) != std::string::npos;
}

// Puts a new file in the place of a log that its broker has closed. The old one keeps its lines under the name
// <path>.<time>, which is never one that is there already. Several runs may share the file: the one that rotates holds
// the lock, and the next finds the new one there.
ipc::Result<DecisionLog> rotate_log(const DecisionLog& full) {
  const auto lock = lock_file(full);
  if (!lock) return std::unexpected(lock.error());
  struct stat held {
  }, there{};
  if (::fstat(full.fd.get(), &held) != 0 || ::stat(full.path.c_str(), &there) != 0)
    return ipc::system_error("cannot look at the decision log " + full.path);
  if (!same_file(held, there)) return open_successor(full);
  if (!is_closed_log(full.fd.get()))
    return ipc::fail(Fault::kProtocol, "the decision log " + full.path + " was not closed by its broker");
  const std::string name = full.path + ".next";
  auto next = make_next(name, held.st_mode, last_line(full.fd.get()).text);
  if (!next) return std::unexpected(next.error());
  auto kept = keep_old(full.path);
  if (kept && ::rename(name.c_str(), full.path.c_str()) == 0) return follower(full, std::move(*next));
  auto failed = kept ? ipc::system_error("cannot put the next decision log in place of " + full.path, kFolderStep)
                     : std::unexpected(kept.error());
  ::unlink(name.c_str());
  if (kept) ::unlink(kept->c_str());
  return failed;
}

// ---- the first file

// A lock that is there and cannot be had: those who can have it would take turns by it, and we by the log itself, so
// that both wrote at once. A folder is no lock, whoever made it: there all take turns by the log.
ipc::Status check_no_lock_of_others(const std::string& path, const ipc::Error& why) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0 || S_ISDIR(there.st_mode)) return {};
  return ipc::fail(Fault::kConfig,
                   "the lock of the decision log, by which the runs that write it take turns, cannot be opened: " +
                       why.what + " (" + path + " belongs to user " + std::to_string(there.st_uid) + ")",
                   "run `sudo chown " + std::to_string(::geteuid()) + " " + path +
                       "`, or name a log of your own with --log-file PATH");
}

// Others must not be able to take it. Where no such file can be made, a log that others cannot read is locked itself.
ipc::Status open_lock(DecisionLog& log, const struct stat& status) {
  const std::size_t name = log.path.rfind('/') + 1;
  const std::string path = log.path.substr(0, name) + "." + log.path.substr(name) + ".lock";
  const ipc::Trust trust = ipc::trust_user(::geteuid());
  auto lock = ipc::open_trusted(path, trust, O_RDWR | O_CREAT, 0600);
  if (lock && (lock->status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return ipc::fail(Fault::kConfig, path + ", the lock of the decision log, can be opened by others", "remove it");
  if (lock) {
    // Who writes the log must be able to take the lock, too.
    if (ipc::Status given = give_to_owner_of_log(*lock, status, path); !given) return given;
    log.lock_path = path;
    log.lock = std::move(lock->fd);
    return {};
  }
  if (ipc::Status none = check_no_lock_of_others(path, lock.error()); !none) return none;
  if ((ipc::bits_of_others(status, trust) & S_IROTH) == 0) return {};
  lock.error().what = "others may read the decision log " + log.label +
                      ", and could lock it, and no lock file can be made beside it: " + lock.error().what;
  lock.error().next_step = "run chmod go-r " + log.path + ", or let the log lie in a folder that you may write";
  return std::unexpected(lock.error());
}

// --log-file is the caller's word, so symbolic links in it are followed; but what it names must be a file, which others
// cannot write or replace: a pipe could block the broker or lose lines, and a device keeps none.
ipc::Result<DecisionLog> open_log(const std::string& path, mode_t mode) {
  auto file = ipc::open_trusted(path, ipc::trust_user(::geteuid()), kOpenFlags | O_CREAT, mode);
  if (!file) {
    file.error().what.insert(0, "cannot open the decision log " + path + ": ");
    if (file.error().sys_errno != 0) file.error().next_step = kLogStep;
    return std::unexpected(file.error());
  }
  DecisionLog log;
  log.fd = std::move(file->fd);
  log.label = path;
  log.path = std::move(file->path);
  if (ipc::Status locked = open_lock(log, file->status); !locked) return std::unexpected(locked.error());
  if (is_closed_log(log.fd.get())) return next_decision_log(log);  // a run ended half-way
  return log;
}

ipc::Result<DecisionLog> connect_system_log() {
  constexpr std::string_view kNext = "look whether journald or a syslog daemon runs, or leave --log-syslog out";
  DecisionLog log{ipc::UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)), "syslog", ipc::LogKind::Syslog};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, kSystemLog, sizeof kSystemLog);
  if (!log.fd || ::connect(log.fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return ipc::system_error(std::string("--log-syslog: cannot reach ") + kSystemLog, kNext);
  }
  return log;
}

ipc::Result<DecisionLog> open_default_log(std::string_view home, std::string_view state_home) {
  const auto folder = make_state_folder(home, state_home, "the decision log", kLogStep);
  if (!folder) return std::unexpected(folder.error());
  return open_log(*folder + "/" + std::string(ipc::kDecisionLogName), 0600);
}

}  // namespace

ipc::Status give_to_owner_of_log(const ipc::TrustedFile& made, const struct stat& of_log, const std::string& path) {
  if (::geteuid() != 0 || made.status.st_uid == of_log.st_uid) return {};
  if (::fchown(made.fd.get(), of_log.st_uid, of_log.st_gid) == 0) return {};
  return ipc::system_error("cannot give " + path + " to the owner of the decision log", "name a log of your own");
}

ipc::Result<std::vector<DecisionLog>> open_decision_logs(const ExecRequest& request, std::string_view home,
                                                         std::string_view state_home) {
  std::vector<DecisionLog> logs;
  if (request.log_stderr) {
    DecisionLog log{ipc::UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)), "stderr", ipc::LogKind::Stream};
    if (!log.fd) return ipc::system_error("--log-stderr: stderr is closed");
    logs.push_back(std::move(log));
  }
  if (!request.log_file.empty() || (!request.log_stderr && !request.log_syslog)) {
    auto log = request.log_file.empty() ? open_default_log(home, state_home) : open_log(request.log_file, 0640);
    if (!log) return std::unexpected(log.error());
    if (ipc::Status head = open_log_head(*log); !head) return std::unexpected(head.error());
    logs.push_back(std::move(*log));
  }
  if (request.log_syslog) {
    auto log = connect_system_log();
    if (!log) return std::unexpected(log.error());
    logs.push_back(std::move(*log));
  }
  return logs;
}

ipc::Result<DecisionLog> next_decision_log(const DecisionLog& full) {
  if (full.kind == ipc::LogKind::Syslog) return connect_system_log();
  if (full.path.empty()) return ipc::fail(Fault::kProtocol, "the log " + full.label + " cannot be followed by another");
  return rotate_log(full);
}

}  // namespace supervisor
