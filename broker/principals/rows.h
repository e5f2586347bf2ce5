// One row of the map from the kernel's uids to the users that policies name, as an administrator wrote it. Data.
#pragma once
#include <sys/types.h>
#include <string>
namespace broker {
struct PrincipalRow {
  enum class By { kUid, kUids, kName, kGroup };
  By by = By::kUid;
  uid_t first = 0, last = 0;  // kUid: both the same
  std::string name;           // kName: a login; kGroup: a Unix group
  std::string user;           // the policy user; {name} and {uid} stand for the login's name and its number
  bool shared = false;        // several uids may be this one user
  std::string place;          // file:line:column, for sentences
};
}  // namespace broker
