#include "ipc/process/user_namespace.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "ipc/unique_fd.h"

namespace ipc {
namespace {

// The kernel's <linux/pidfd.h>; Debian 12's headers are older than the call.
constexpr unsigned long kPidfdGetUserNamespace = _IO(0xFF, 9);
constexpr ino_t kInitialInode = 0xEFFFFFFD;  // PROC_USER_INIT_INO, since Linux 3.8
constexpr std::uint32_t kUnmapped = 65534;   // what stands for every user without a number in here
constexpr char kWayOn[] =
    "run sentinel outside of the container, or add --allow-user-namespace where that is what you want";

bool lies_on(int fd, unsigned long magic) {
  struct statfs about {};
  return ::fstatfs(fd, &about) == 0 && static_cast<unsigned long>(about.f_type) == magic;
}

// What is mounted on /proc may be anything in a mount namespace of somebody else's making, so it is asked last.
UniqueFd open_own_namespace() {
  const UniqueFd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (self) {
    UniqueFd asked(::ioctl(self.get(), kPidfdGetUserNamespace, 0));
    if (asked) return asked;
  }
  const UniqueFd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!proc || !lies_on(proc.get(), PROC_SUPER_MAGIC)) return {};
  return UniqueFd(::openat(proc.get(), "self/ns/user", O_RDONLY | O_CLOEXEC));
}

// A kernel that was built without them has no file for them, though it has one for mounts.
bool kernel_has_none() {
  const UniqueFd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!proc || !lies_on(proc.get(), PROC_SUPER_MAGIC)) return false;
  return ::faccessat(proc.get(), "self/ns/mnt", F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
         ::faccessat(proc.get(), "self/ns/user", F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

std::string own_id_map() {
  const UniqueFd fd(::open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC));
  std::string text(16 * 1024, '\0');  // 340 lines at most
  const ssize_t got = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

bool take_number(std::string_view& line, std::uint32_t& number) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  return error == std::errc{} && (line.empty() || line.front() == ' ');
}

// The inode alone tells them apart: a namespace below the machine's own may map all ids to themselves.
Result<UserNamespace> ask_kernel() {
  const UniqueFd own = open_own_namespace();
  if (!own && kernel_has_none()) return UserNamespace{.initial = true};
  struct stat about {};
  if (!own || !lies_on(own.get(), NSFS_MAGIC) || ::fstat(own.get(), &about) != 0) {
    return ipc::fail(Fault::kSystem, "the kernel does not say in which user namespace this is", "mount /proc");
  }
  if (about.st_ino == kInitialInode) return UserNamespace{.initial = true};
  UserNamespace where{.id_map = read_id_map(own_id_map())};
  uid_t owner = kUnmapped;
  if (::ioctl(own.get(), NS_GET_OWNER_UID, &owner) == 0 && owner != kUnmapped) where.owner = owner;
  return where;
}

}  // namespace

std::vector<IdRange> read_id_map(std::string_view text) {
  std::vector<IdRange> ranges;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    IdRange range;
    if (!take_number(line, range.inside) || !take_number(line, range.outside) || !take_number(line, range.count) ||
        !line.empty()) {
      return {};
    }
    ranges.push_back(range);
  }
  return ranges;
}

std::optional<uid_t> UserNamespace::outside(uid_t uid) const {
  if (initial) return uid;
  for (const IdRange& range : id_map) {
    if (uid >= range.inside && uid - range.inside < range.count) return range.outside + (uid - range.inside);
  }
  return std::nullopt;
}

std::string UserNamespace::owner_words() const {
  if (!owner) return "its owner, a user outside who has no number in here,";
  if (const auto known = outside(*owner)) return "its owner, uid " + std::to_string(*known) + " outside,";
  return "its owner, uid " + std::to_string(*owner) + " in here,";
}

Result<UserNamespace> own_user_namespace() {
  static pid_t asked_by = 0;
  static UserNamespace known;
  if (asked_by == ::getpid()) return known;
  Result<UserNamespace> found = ask_kernel();
  if (found) {
    asked_by = ::getpid();
    known = *found;
  }
  return found;
}

Status check_no_user_namespace(bool allowed) {
  if (allowed) return {};
  const Result<UserNamespace> where = own_user_namespace();
  if (!where) return fail(where.error().fault, where.error().what, kWayOn);
  if (where->initial) return {};
  return fail(Fault::kRefused,
              "this is inside of a user namespace, as a rootless container is: " + where->owner_words() +
                  " and root in here can read every key from the broker's memory",
              kWayOn);
}

Status check_has_number(uid_t owner, const std::string& what) {
  if (owner != kUnmapped || check_no_user_namespace(false)) return {};
  return fail(Fault::kConfig, what + ": its owner has no number in this user namespace",
              "run sentinel outside of it, or in one that maps root");
}

std::string what_a_user_namespace_costs(const Result<UserNamespace>& where) {
  if (where && where->initial) return "";
  const std::string who = where ? where->owner_words() : where.error().what + ": who made it";
  return "in this user namespace (--allow-user-namespace) " + who +
         " and root in here can read the keys from the broker's memory, change the policy and the decision log, and "
         "pass for any caller";
}

}  // namespace ipc
