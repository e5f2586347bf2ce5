#include "host/root_file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <string_view>

#include "host/bounded_read.h"
#include "ipc/unique_fd.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr int kMaxLinks = 40;            // as the kernel's own bound
constexpr uid_t kWithoutNumber = 65534;  // who stands for all others in a user namespace

// One name of a path. Those that a link brought in must be there: a link that leads nowhere is a mistake of its maker,
// and taking it for "no such file" would drop what the administrator meant to enforce.
struct Step {
  std::string name;
  bool from_link = false;
};

void prepend(std::deque<Step>& steps, std::string_view path, bool from_link) {
  std::deque<Step> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (!name.empty() && name != ".") parts.push_back({std::string(name), from_link});
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  steps.insert(steps.begin(), parts.begin(), parts.end());
}

ipc::Status check_owner(const std::string& path, const struct stat& status) {
  if (status.st_uid != 0) {
    const char* const seen_from_inside =
        status.st_uid == kWithoutNumber ? "; where it is root's outside of a user namespace, run sentinel there" : "";
    return ipc::fail(Fault::kConfig, path + " does not belong to root, so that it binds nobody",
                     "run chown root " + path + seen_from_inside);
  }
  // A link has no mode of its own. An access list that lets others write shows in the group's bits.
  if (!S_ISLNK(status.st_mode) && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return ipc::fail(Fault::kConfig, path + " can be written by others than root, so that it binds nobody",
                     "run chmod go-w " + path);
  }
  return {};
}

ipc::Result<std::string> target_of(const std::string& link) {
  char target[PATH_MAX];
  const ssize_t size = ::readlink(link.c_str(), target, sizeof target);
  if (size < 0) return ipc::system_error("cannot read the link " + link);
  if (size == sizeof target) return ipc::fail(Fault::kConfig, "the link " + link + " is too long");
  return std::string(target, static_cast<std::size_t>(size));
}

// Goes the way that the kernel would go, and looks at every folder and link on it: where root alone can write, no
// other user can change between this look and the open. Nothing where the file is not there.
class Walk {
 public:
  explicit Walk(const std::string& path) : wanted_(path) { prepend(steps_, path, false); }

  ipc::Result<std::optional<std::string>> go() {
    if (!wanted_.starts_with('/')) return ipc::fail(Fault::kConfig, wanted_ + " is not an absolute path");
    if (ipc::Status good = look("/"); !good) return std::unexpected(good.error());
    while (!steps_.empty()) {
      const Step step = steps_.front();
      steps_.pop_front();
      if (step.name == "..") {
        at_.resize(at_.empty() ? 0 : at_.rfind('/'));
        continue;
      }
      const std::string path = at_ + "/" + step.name;
      if (::lstat(path.c_str(), &status_) != 0) {
        if (errno == ENOENT && !step.from_link) return std::nullopt;
        return ipc::system_error("cannot look at " + path + (step.from_link ? ", where a link leads" : ""),
                                 "mend it, or remove " + wanted_);
      }
      if (ipc::Status good = check_owner(path, status_); !good) return std::unexpected(good.error());
      if (ipc::Status gone = S_ISLNK(status_.st_mode) ? follow(path) : enter(path); !gone)
        return std::unexpected(gone.error());
    }
    return at_;
  }

 private:
  ipc::Status look(const std::string& path) {
    if (::lstat(path.c_str(), &status_) != 0) return ipc::system_error("cannot look at " + path);
    return check_owner(path, status_);
  }
  ipc::Status enter(const std::string& path) {
    if (!steps_.empty() && !S_ISDIR(status_.st_mode)) {
      return ipc::fail(Fault::kConfig, path + " is not a folder", "mend it, or remove " + path);
    }
    at_ = path;
    return {};
  }
  ipc::Status follow(const std::string& link) {
    if (++links_ > kMaxLinks) return ipc::fail(Fault::kConfig, wanted_ + " leads through too many links");
    const ipc::Result<std::string> target = target_of(link);
    if (!target) return std::unexpected(target.error());
    if (target->starts_with('/')) at_.clear();
    prepend(steps_, *target, true);
    return {};
  }

  const std::string& wanted_;
  std::string at_;  // empty: the root folder
  std::deque<Step> steps_;
  struct stat status_ {};
  int links_ = 0;
};

ipc::Status check_regular(const std::string& path, const struct stat& status) {
  if (S_ISREG(status.st_mode)) return check_owner(path, status);
  return ipc::fail(Fault::kConfig, path + " is not a regular file", "put a file there, or remove it");
}

ipc::Result<std::string> read_whole(int fd, const std::string& path, std::size_t max_bytes) {
  std::optional<std::string> text = read_up_to(fd, max_bytes + 1);
  if (!text) return ipc::system_error("cannot read " + path);
  if (text->size() > max_bytes) {
    return ipc::fail(Fault::kConfig, path + " is longer than " + std::to_string(max_bytes) + " bytes",
                     "is it the right file?");
  }
  return std::move(*text);
}

}  // namespace

ipc::Result<std::optional<std::string>> read_root_file(const std::string& path, std::size_t max_bytes) {
  const ipc::Result<std::optional<std::string>> real = Walk(path).go();
  if (!real) return std::unexpected(real.error());
  if (!*real) return std::nullopt;
  const ipc::UniqueFd fd(::open((*real)->c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
  if (!fd) return ipc::system_error("cannot open " + path, "make it readable to those whom it binds");
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return ipc::system_error("cannot look at " + path);
  if (ipc::Status good = check_regular(path, status); !good) return std::unexpected(good.error());
  ipc::Result<std::string> text = read_whole(fd.get(), path, max_bytes);
  if (!text) return std::unexpected(text.error());
  return std::optional<std::string>(std::move(*text));
}

ipc::Status check_root_file(const std::string& path) {
  const ipc::Result<std::optional<std::string>> real = Walk(path).go();
  if (!real) return std::unexpected(real.error());
  if (!*real) return ipc::fail(Fault::kConfig, "there is no " + path);
  struct stat status {};
  if (::lstat((*real)->c_str(), &status) != 0) return ipc::system_error("cannot look at " + path);
  return check_regular(path, status);
}

}  // namespace broker
