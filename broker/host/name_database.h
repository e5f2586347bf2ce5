// Asks the host's user and group databases for one entry: /etc/passwd and /etc/group, and what else nsswitch.conf
// names.
//
// Runs in: broker, before its sandbox; account lookup.   Blocks: on the databases, which may lie behind a network.
// Fails: kFailed where a database cannot say; that is no no.
// Source: getpwnam_r(3), getgrgid_r(3): which errors mean that there is no such entry.
#pragma once

#include <sys/types.h>

#include <string>

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

}  // namespace broker
