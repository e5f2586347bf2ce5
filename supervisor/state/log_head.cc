#include "state/log_head.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace supervisor {
namespace {

using ipc::Fault;

// Never O_APPEND: the broker writes in places of its own.
constexpr int kHeadFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;

std::unexpected<ipc::Error> no_head(const std::string& path, const std::string& why) {
  return ipc::fail(Fault::kConfig, path + ", which remembers the end of the decision log, " + why,
                   "find out who made it, and remove it");
}

ipc::Status judge_head(const struct stat& head, const struct stat& log, const std::string& path) {
  if (!S_ISREG(head.st_mode)) return no_head(path, "is not a file");
  if (head.st_nlink != 1) return no_head(path, "has a second name");
  const uid_t owner = head.st_uid;
  if (owner != 0 && owner != ::geteuid() && owner != log.st_uid) return no_head(path, "belongs to another user");
  const mode_t writable = S_IWGRP | S_IWOTH;
  if ((head.st_mode & writable & ~log.st_mode) != 0) return no_head(path, "can be written by others");
  return {};
}

}  // namespace

ipc::Status open_log_head(DecisionLog& log) {
  if (log.path.empty()) return {};
  const std::string path = log.path + "-head";
  struct stat of_log {
  }, of_head{};
  if (::fstat(log.fd.get(), &of_log) != 0) return ipc::system_error("cannot look at the decision log " + log.path);
  const bool is_new = ::lstat(path.c_str(), &of_head) != 0;
  ipc::UniqueFd fd(::open(path.c_str(), kHeadFlags, S_IRUSR | S_IWUSR));
  if (!fd && (errno == ELOOP || errno == EISDIR || errno == ENXIO)) return no_head(path, "is not a file");
  if (!fd && !is_new) return ipc::system_error("cannot open " + path, "it remembers the end of the decision log");
  if (!fd) {
    log.without_head = "lines that are cut off at the end of the decision log " + log.path +
                       " will not show: " + ipc::system_error("cannot make " + path).error().what +
                       "; let the caller make files in its folder, or add --log-syslog";
    return {};
  }
  if (::fstat(fd.get(), &of_head) != 0) return ipc::system_error("cannot look at " + path);
  if (ipc::Status judged = judge_head(of_head, of_log, path); !judged) return judged;
  if (is_new) (void)::fchmod(fd.get(), of_log.st_mode & 0666);  // who may read the log may judge it
  log.head = std::move(fd);
  return {};
}

}  // namespace supervisor
