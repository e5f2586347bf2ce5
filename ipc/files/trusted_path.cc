#include "ipc/files/trusted_path.h"

#include <limits.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <utility>

#include "ipc/files/writers.h"

namespace ipc {
namespace {

constexpr int kMostLinks = 40;          // as the kernel's own bound
constexpr int kMostMadeMeanwhile = 16;  // of one name that comes and goes, by another process
constexpr int kSafeOpen = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
constexpr int kLook = O_PATH | O_CLOEXEC | O_NOFOLLOW;

// One name of a path, and whether a link brought it in.
struct PathStep {
  std::string name;
  bool from_link = false;
};

void put_before(std::deque<PathStep>& steps, std::string_view path, bool from_link) {
  std::deque<PathStep> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (!name.empty() && name != ".") parts.push_back({std::string(name), from_link});
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  steps.insert(steps.begin(), parts.begin(), parts.end());
}

std::unexpected<Error> fail_with(int error, std::string what, std::string next_step) {
  return std::unexpected(Error{Fault::kConfig, std::move(what), std::move(next_step), error});
}

class TrustedWalk {
 public:
  TrustedWalk(std::string_view path, const Trust& trust, int flags, mode_t mode)
      : wanted_(path), trust_(trust), flags_(flags), mode_(mode) {}

  Result<TrustedFile> go() {
    if (!wanted_.starts_with('/'))
      return fail(Fault::kConfig, wanted_ + " is not an absolute path", "write it whole, from /");
    put_before(steps_, wanted_, false);
    if (Status at_root = enter(UniqueFd(::open("/", kLook | O_DIRECTORY)), "/"); !at_root)
      return std::unexpected(at_root.error());
    while (!steps_.empty()) {
      const PathStep step = steps_.front();
      steps_.pop_front();
      Result<bool> opened = step.name == ".." ? go_up() : go_down(step);
      if (!opened) return std::unexpected(opened.error());
      if (*opened) return std::move(file_);
    }
    UniqueFd look(::openat(folder_.get(), ".", kLook));
    struct stat status {};
    if (!look || ::fstat(look.get(), &status) != 0) return system_error("cannot look at " + at_);
    if (Status opened = open_last(".", std::move(look), status); !opened) return std::unexpected(opened.error());
    return std::move(file_);
  }

 private:
  bool is_last() const { return steps_.empty(); }
  std::string below(const std::string& name) const { return (at_ == "/" ? "" : at_) + "/" + name; }

  // Each of these says whether the file is open now.
  Result<bool> go_up() {
    const std::size_t slash = at_.rfind('/');
    Status entered = enter(UniqueFd(::openat(folder_.get(), "..", kLook | O_DIRECTORY)),
                           slash == 0 || slash == std::string::npos ? "/" : at_.substr(0, slash));
    if (!entered) return std::unexpected(entered.error());
    return false;
  }

  Result<bool> go_down(const PathStep& step) {
    const std::string path = below(step.name);
    UniqueFd entry = look_at(step.name);
    if (!entry) return is_missing(step, path);
    struct stat status {};
    if (::fstat(entry.get(), &status) != 0) return system_error("cannot look at " + path);
    if (S_ISLNK(status.st_mode)) return follow(entry.get(), status, path);
    if (is_last()) {
      Status opened = open_last(step.name, std::move(entry), status);
      if (!opened) return std::unexpected(opened.error());
      return true;
    }
    if (!S_ISDIR(status.st_mode))
      return fail_with(ENOTDIR, path + " is not a folder", "mend " + wanted_ + ", or remove what lies there");
    if (Status entered = enter(std::move(entry), path); !entered) return std::unexpected(entered.error());
    return false;
  }

  // A folder on the way is asked for as one, or the kernel would not mount what is mounted on demand.
  UniqueFd look_at(const std::string& name) const {
    UniqueFd entry(is_last() ? -1 : ::openat(folder_.get(), name.c_str(), kLook | O_DIRECTORY));
    if (!entry) entry = UniqueFd(::openat(folder_.get(), name.c_str(), kLook));
    return entry;
  }

  // errno says why the entry could not be opened.
  Result<bool> is_missing(const PathStep& step, const std::string& path) {
    if (errno == ENOENT && step.from_link) {
      return fail_with(ENOLINK, "there is no " + path + ", where a link leads", "mend the link " + wanted_);
    }
    if (errno != ENOENT) return system_error("cannot look at " + path, "check the rights of the folders above");
    if (!is_last() || (flags_ & O_CREAT) == 0)
      return std::unexpected(Error{Fault::kSystem, "there is no " + wanted_, "check its name", ENOENT});
    UniqueFd file(::openat(folder_.get(), step.name.c_str(), flags_ | kSafeOpen | O_EXCL, mode_));
    if (!file && errno == EEXIST && ++made_meanwhile_ <= kMostMadeMeanwhile)
      return go_down(step);  // judged as it is now
    if (Status made = accept(std::move(file), path); !made) return std::unexpected(made.error());
    return true;
  }

  // Enters a folder: all below it hangs on who can write it.
  Status enter(UniqueFd folder, std::string path) {
    struct stat status {};
    if (!folder || ::fstat(folder.get(), &status) != 0)
      return system_error("cannot look at " + path, "check the rights of the folders above");
    const bool shared = trust_.shared_folders && (status.st_mode & S_ISVTX) != 0;
    if (Status good = judge_on_the_way(folder.get(), status, path, shared); !good) return good;
    folder_ = std::move(folder);
    at_ = std::move(path);
    return {};
  }

  Result<bool> follow(int link, const struct stat& status, const std::string& path) {
    if (Status good = judge_on_the_way(link, status, path, false); !good) return std::unexpected(good.error());
    if (++links_ > kMostLinks) return fail(Fault::kConfig, wanted_ + " leads through too many links", "mend the link");
    char target[PATH_MAX];
    const ssize_t size = ::readlinkat(link, "", target, sizeof target);
    if (size < 0) return system_error("cannot read the link " + path);
    if (size == 0 || size == sizeof target) return fail(Fault::kConfig, "the link " + path + " leads nowhere");
    const std::string_view to(target, static_cast<std::size_t>(size));
    if (to.starts_with('/')) {
      if (Status at_root = enter(UniqueFd(::open("/", kLook | O_DIRECTORY)), "/"); !at_root)
        return std::unexpected(at_root.error());
    }
    put_before(steps_, to, true);
    return false;
  }

  // The last name; "." for the folder that was entered last. Its kind is seen before it is opened: to open a device can
  // do something.
  Status open_last(const std::string& name, UniqueFd look, const struct stat& status) {
    const std::string path = name == "." ? at_ : below(name);
    if (Status good = check_kind(status, path); !good) return good;
    if ((flags_ & O_PATH) != 0) return accept(std::move(look), path);
    if (Status good = judge(look.get(), status, path, false); !good) return good;
    return accept(UniqueFd(::openat(folder_.get(), name.c_str(), (flags_ & ~O_CREAT) | kSafeOpen)), path);
  }

  Status check_kind(const struct stat& status, const std::string& path) const {
    if ((flags_ & O_DIRECTORY) != 0) {
      if (S_ISDIR(status.st_mode)) return {};
      return fail_with(ENODEV, path + " is not a folder", "name a folder");
    }
    if ((flags_ & O_PATH) != 0 || S_ISREG(status.st_mode)) return {};
    return fail_with(ENODEV, path + " is not a regular file", "put a file there, or name another");
  }

  // What was opened is what counts: between the look and the open its owner may have put another there.
  Status accept(UniqueFd fd, const std::string& path) {
    if (!fd) return system_error("cannot open " + path, "check its rights");
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return system_error("cannot look at " + path);
    if (Status good = check_kind(status, path); !good) return good;
    if (Status good = judge(fd.get(), status, path, false); !good) return good;
    file_ = TrustedFile{std::move(fd), status, path, user_can_change_};
    return {};
  }

  Status judge(int fd, const struct stat& status, const std::string& path, bool shared) {
    const Result<Writers> writers = find_writers(fd, status, path, trust_, shared);
    if (!writers) return std::unexpected(writers.error());
    if (*writers == Writers::RootAndUser) user_can_change_ = true;
    return {};
  }

  // A folder or a link: what is wrong with it is no fault of the file that was named.
  Status judge_on_the_way(int fd, const struct stat& status, const std::string& path, bool shared) {
    Status good = judge(fd, status, path, shared);
    if (!good) good.error().file_fault = FileFault::None;
    return good;
  }

  const std::string wanted_;
  const Trust& trust_;
  const int flags_;
  const mode_t mode_;
  UniqueFd folder_;
  std::string at_;  // the folder's path, without links
  std::deque<PathStep> steps_;
  int links_ = 0, made_meanwhile_ = 0;
  bool user_can_change_ = false;
  TrustedFile file_;
};

}  // namespace

Result<TrustedFile> open_trusted(std::string_view path, const Trust& trust, int flags, mode_t mode) {
  return TrustedWalk(path, trust, flags, mode).go();
}

}  // namespace ipc
