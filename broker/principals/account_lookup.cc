#include "principals/account_lookup.h"

#include <grp.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "host/name_database.h"
#include "principals/account_words.h"
#include "text/plain_text.h"

namespace broker {
namespace {

std::unexpected<ipc::Error> cannot(std::string what) { return ipc::fail(ipc::Fault::kUnavailable, std::move(what)); }

ipc::Result<std::vector<gid_t>> numbers_of_groups(const LoginEntry& login) {
  std::vector<gid_t> gids(kMostGroups);
  int count = static_cast<int>(gids.size());
  if (::getgrouplist(login.name.c_str(), login.group, gids.data(), &count) < 0)
    return cannot("login " + in_quotes(login.name) + " is in more than " + std::to_string(kMostGroups) + " groups");
  gids.resize(static_cast<std::size_t>(count));
  return gids;
}

ipc::Result<std::vector<std::string>> names_of(const std::vector<gid_t>& gids) {
  std::vector<std::string> names;
  for (const gid_t gid : gids) {
    std::string name;
    const Lookup lookup = find_group_name(gid, name);
    if (lookup == Lookup::kFailed)
      return cannot("the group database does not say what group " + std::to_string(gid) + " is called");
    const bool is_new = std::ranges::find(names, name) == names.end();
    if (lookup == Lookup::kFound && is_account_name(name) && is_new) names.push_back(std::move(name));
  }
  return names;
}

ipc::Status check_is_one(const LoginEntry& login) {
  LoginEntry by_name;
  const Lookup lookup = find_login(login.name, by_name);
  if (lookup == Lookup::kFound && by_name.uid == login.uid) return {};
  if (lookup == Lookup::kFailed)
    return cannot("the user database does not say who login " + in_quotes(login.name) + " is");
  const std::string other = lookup == Lookup::kNone ? "nobody" : "uid " + std::to_string(by_name.uid);
  return cannot("the user database calls it " + in_quotes(login.name) + ", and says that " + in_quotes(login.name) +
                " is " + other);
}

}  // namespace

ipc::Result<Account> look_up_account(uid_t uid) {
  LoginEntry login;
  const Lookup lookup = find_login(uid, login);
  if (lookup == Lookup::kNone) return Account{uid};
  if (lookup == Lookup::kFailed || login.uid != uid) return cannot("the user database does not say who it is");
  if (!is_account_name(login.name)) return cannot("the name of its login is no text in one line of at most 256 bytes");
  if (ipc::Status one = check_is_one(login); !one) return std::unexpected(one.error());
  const auto gids = numbers_of_groups(login);
  if (!gids) return std::unexpected(gids.error());
  auto groups = names_of(*gids);
  if (!groups) return std::unexpected(groups.error());
  return Account{uid, login.name, std::move(*groups)};
}

}  // namespace broker
