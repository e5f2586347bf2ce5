// Whose files are believed: root's, and those of one user; and the group of that user's own.
//
// Runs in: every process.   Blocks: as the host's name services do, the first time that a user's group is asked for.
// Fails: never; a group that cannot be looked up is no user's own, so what it may write is not believed.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>

namespace ipc {

struct Trust {
  uid_t uid = 0;
  std::optional<gid_t> private_group;  // who writes by it is that user: see private_group()
  bool shared_folders = true;          // a sticky folder, such as /tmp, may lie above
};

// Files by which the administrator binds every user: root alone, and no folder where others may make a name first.
constexpr Trust trust_root() { return {0, std::nullopt, false}; }

// Files that a user relies on: the user's own and root's. Asks the name services once, so a process whose sandbox
// closes them asks before that.
Trust trust_user(uid_t uid);

// The primary group of `uid` where it is private, as adduser makes it: named as the user, with no other member, and
// the primary group of no other account in /etc/passwd. Under umask 002 everything of such a user is group-writable.
// Root has none.
std::optional<gid_t> private_group(uid_t uid);

// The read, write and execute bits of `status` that others have: every user, and the group unless it is the user's own.
mode_t bits_of_others(const struct stat& status, const Trust& trust);

}  // namespace ipc
