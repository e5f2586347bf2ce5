#include "state/log_head.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "ipc/files/trusted_path.h"

namespace supervisor {
namespace {

using ipc::Fault;

std::unexpected<ipc::Error> no_head(const std::string& path, const std::string& why) {
  return ipc::fail(Fault::kConfig, path + ", which remembers the end of the decision log, " + why,
                   "find out who made it, and remove it");
}

}  // namespace

ipc::Status open_log_head(DecisionLog& log) {
  const std::string path = log.path + "-head";
  struct stat of_log {
  }, there{};
  if (::fstat(log.fd.get(), &of_log) != 0) return ipc::system_error("cannot look at the decision log " + log.path);
  // Its folder is the log's, whose names no other user can change meanwhile.
  const bool is_new = ::lstat(path.c_str(), &there) != 0;
  if (!is_new && !S_ISREG(there.st_mode)) return no_head(path, "is not a file");
  // Who may read the log may judge it. Never O_APPEND: the broker writes in places of its own.
  auto head = ipc::open_trusted(path, ipc::trust_user(::geteuid()), O_RDWR | O_CREAT, of_log.st_mode & 0666);
  if (!head && is_new && head.error().fault == Fault::kSystem) {
    log.without_head = "lines that are cut off at the end of the decision log " + log.path +
                       " will not show: " + head.error().what +
                       "; let the caller make files in its folder, or add --log-syslog";
    return {};
  }
  if (!head) return no_head(path, "cannot be relied on: " + head.error().what);
  if (head->status.st_nlink != 1) return no_head(path, "has a second name");
  if (ipc::Status given = give_to_owner_of_log(*head, of_log, path); !given) return given;
  log.head = std::move(head->fd);
  return {};
}

}  // namespace supervisor
