#include "ipc/files/writers.h"

#include <sys/vfs.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "ipc/process/user_namespace.h"

namespace ipc {
namespace {

// ---- access lists, as the kernel hands them out (struct posix_acl_xattr_header), little-endian

struct AclEntry {
  std::uint16_t tag, rights;
  std::uint32_t id;
};
constexpr char kAclName[] = "system.posix_acl_access";
constexpr std::uint32_t kAclVersion = 2;
constexpr std::uint16_t kAclUser = 0x02;
constexpr std::uint16_t kAclGroup = 0x08;
constexpr std::uint16_t kAclWrite = 0x02;
constexpr std::size_t kLongestAcl = 4096;  // a longer one is not read, and not believed

bool is_named_writer(const AclEntry& entry, const Trust& trust) {
  if ((entry.rights & kAclWrite) == 0) return false;
  if (entry.tag == kAclUser) return entry.id != 0 && entry.id != trust.uid;
  return entry.tag == kAclGroup && entry.id != trust.private_group;
}

// Does a named entry let others write? Unknown counts as yes. A descriptor that only looks cannot be asked, its path
// can: those above were judged, so no other user can put something else there.
bool acl_lets_others_write(const std::string& path, const Trust& trust) {
  std::array<char, kLongestAcl> list{};
  const ssize_t got = ::lgetxattr(path.c_str(), kAclName, list.data(), list.size());
  if (got < 0) return errno != ENODATA && errno != EOPNOTSUPP;
  const auto size = static_cast<std::size_t>(got);
  std::uint32_t version = 0;
  if (size < sizeof version || (size - sizeof version) % sizeof(AclEntry) != 0) return true;
  std::memcpy(&version, list.data(), sizeof version);
  if (version != kAclVersion) return true;
  for (std::size_t at = sizeof version; at < size; at += sizeof(AclEntry)) {
    AclEntry entry{};
    std::memcpy(&entry, list.data() + at, sizeof entry);
    if (is_named_writer(entry, trust)) return true;
  }
  return false;
}

// ---- sentences

std::string owners(const Trust& trust) { return trust.uid == 0 ? "root" : "root or uid " + std::to_string(trust.uid); }

// Of what binds every user, it does not matter who else can write it.
std::string consequence(const Trust& trust, std::string_view otherwise) {
  return trust.shared_folders ? std::string(otherwise) : ", so that it binds nobody";
}

std::string kind_of(const struct stat& status) { return S_ISDIR(status.st_mode) ? "the folder " : ""; }

std::unexpected<Error> at_fault(FileFault fault, std::string what, std::string next_step) {
  return std::unexpected(Error{Fault::kConfig, std::move(what), std::move(next_step), 0, fault});
}

std::unexpected<Error> not_theirs(const struct stat& status, const std::string& path, const Trust& trust) {
  if (Status known =
          check_has_number(status.st_uid, kind_of(status) + path + " cannot be told to belong to " + owners(trust));
      !known) {
    known.error().file_fault = FileFault::NotTheirs;
    return std::unexpected(known.error());
  }
  const std::string another = " but to uid " + std::to_string(status.st_uid) + ", who can change what is in it";
  const std::string mend = "use a file that only you and root can change, or run chown " + std::to_string(trust.uid) +
                           " " + path + " as root";
  return at_fault(FileFault::NotTheirs,
                  kind_of(status) + path + " does not belong to " + owners(trust) + consequence(trust, another),
                  trust.uid == 0 ? "run chown root " + path : mend);
}

std::string mend_modes(std::string_view system, const Trust& trust) {
  return "its file system (" + std::string(system) +
         ") may keep no modes; where chmod does nothing, keep the file in your home folder, or have that file system "
         "mounted with uid=" +
         std::to_string(trust.uid) +
         ",umask=077 (in WSL: options = \"metadata,umask=077\" below [automount] in /etc/wsl.conf)";
}

// `by` says who, `mend` is the command that takes that right from them.
std::unexpected<Error> too_open(int fd, const struct stat& status, const std::string& path, const Trust& trust,
                                const std::string& by, std::string_view mend) {
  struct statfs system {};
  const char* const name = ::fstatfs(fd, &system) == 0 ? system_without_modes(system.f_type) : nullptr;
  return at_fault(
      FileFault::WritableByOthers,
      kind_of(status) + path + " can be written by others than " + owners(trust) + consequence(trust, " (" + by + ")"),
      name ? mend_modes(name, trust) : "run " + std::string(mend) + " " + path);
}

}  // namespace

const char* system_without_modes(long type) {
  struct Row {
    std::uint32_t type;  // f_type of statfs(2)
    const char* name;
  };
  static constexpr Row kRows[] = {
      {0x01021997, "9p, as WSL mounts Windows drives"},
      {0x53464846, "wslfs"},
      {0x4d44, "vfat"},
      {0x2011bab0, "exfat"},
      {0x5346544e, "ntfs"},
      {0x7366746e, "ntfs3"},
      {0xff534d42, "cifs"},
      {0xfe534d42, "smb"},
      {0x517b, "smb"},
      {0x786f4256, "vboxsf"},
      {0xbacbacbc, "vmhgfs"},
      {0x65735546, "fuse"},
  };
  for (const Row& row : kRows) {
    if (static_cast<std::uint32_t>(type) == row.type) return row.name;
  }
  return nullptr;
}

Result<Writers> find_writers(int fd, const struct stat& status, const std::string& path, const Trust& trust,
                             bool shared) {
  if (status.st_uid != 0 && status.st_uid != trust.uid) return not_theirs(status, path, trust);
  const Writers by_owner = status.st_uid == trust.uid ? Writers::RootAndUser : Writers::RootAlone;
  if (S_ISLNK(status.st_mode) || shared) return by_owner;  // a link has no mode of its own
  if ((status.st_mode & S_IWOTH) != 0) return too_open(fd, status, path, trust, "by every user", "chmod go-w");
  if ((status.st_mode & S_IWGRP) == 0) return by_owner;
  if (status.st_gid != trust.private_group) {
    return too_open(fd, status, path, trust,
                    "by gid " + std::to_string(status.st_gid) + ", which is not a group of that user alone",
                    "chmod g-w");
  }
  if (acl_lets_others_write(path, trust)) return too_open(fd, status, path, trust, "by its access list", "setfacl -b");
  return Writers::RootAndUser;
}

}  // namespace ipc
