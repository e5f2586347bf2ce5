// Rows as an administrator would write them, and accounts as the databases would answer.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "principals/account.h"
#include "principals/rows.h"

namespace broker::testing {

using By = PrincipalRow::By;

inline PrincipalRow by_uid(uid_t uid, std::string user, bool shared = false) {
  return {By::kUid, uid, uid, "", std::move(user), shared, "map:uid" + std::to_string(uid)};
}
inline PrincipalRow by_range(uid_t first, uid_t last, std::string user, bool shared = false) {
  return {By::kUids, first, last, "", std::move(user), shared, "map:uids" + std::to_string(first)};
}
inline PrincipalRow by_name(std::string name, std::string user, bool shared = false) {
  PrincipalRow row{By::kName, 0, 0, std::move(name), std::move(user), shared, ""};
  row.place = "map:name-" + row.name;
  return row;
}
inline PrincipalRow by_group(std::string name, std::string user, bool shared = false) {
  PrincipalRow row{By::kGroup, 0, 0, std::move(name), std::move(user), shared, ""};
  row.place = "map:group-" + row.name;
  return row;
}

inline Account login(uid_t uid, std::string name, std::vector<std::string> groups = {}) {
  return {uid, std::move(name), std::move(groups)};
}
inline Account no_login(uid_t uid) { return {uid, "", std::nullopt}; }

}  // namespace broker::testing
