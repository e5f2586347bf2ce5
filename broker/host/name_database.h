// Asks the host's user and group databases: /etc/passwd and /etc/group, and what else nsswitch.conf names.
//
// Runs in: broker, before the sandbox closes the file system; account lookup.
// Blocks: on the databases, which may lie behind a network.
// Fails: kFailed where a database cannot say; that is no no.
// Source: getpwnam_r(3), getgrgid_r(3): which errors mean that there is no such entry.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace broker {

enum class Lookup { kFound, kNone, kFailed };

Lookup find_group_name(gid_t gid, std::string& name);

struct LoginEntry {
  std::string name;
  uid_t uid = 0;
  gid_t group = 0;  // the primary one
};
// Of several logins of one uid, the first.
Lookup find_login(uid_t uid, LoginEntry& login);
Lookup find_login(const std::string& name, LoginEntry& login);

// The Unix groups of the user who runs us, by name, as the kernel has them for this process. A number without a name is
// left out. Nothing: unknown, since one cannot be looked up, or since in a user namespace its maker may have claimed
// any.
std::optional<std::vector<std::string>> own_unix_groups();

}  // namespace broker
