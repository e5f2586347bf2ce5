// principal: whom the policy judges where a login or a uid of this machine calls.
#include <charconv>

#include "host/name_database.h"
#include "host/root_file.h"
#include "principals/account.h"
#include "principals/account_lookup.h"
#include "principals/principal_map.h"
#include "tools/commands.h"
#include "tools/host/checked.h"
#include "tools/host/report.h"

namespace broker {
namespace {

constexpr char kNextStep[] = "look at the name with `getent passwd`, or give the uid";

// Digits are a uid, also where somebody's login is made of such.
ipc::Result<uid_t> uid_of(const std::string& user) {
  uid_t uid = 0;
  const auto [end, fault] = std::from_chars(user.data(), user.data() + user.size(), uid);
  if (fault == std::errc() && end == user.data() + user.size()) return uid;
  LoginEntry login;
  switch (find_login(user, login)) {
    case Lookup::kFound:
      return login.uid;
    case Lookup::kNone:
      return ipc::fail(ipc::Fault::kConfig, "no login of this machine is called " + in_quotes(harmless(user)),
                       kNextStep);
    case Lookup::kFailed:
      break;
  }
  return ipc::fail(ipc::Fault::kUnavailable,
                   "this machine's user databases cannot say who " + in_quotes(harmless(user)) + " is", kNextStep);
}

ipc::Result<PeerPrincipal> principal_of(const std::string& user, std::vector<PrincipalRow> rows) {
  const ipc::Result<uid_t> uid = uid_of(user);
  if (!uid) return std::unexpected(uid.error());
  auto map = PrincipalMap::make(std::move(rows), host_overflow_uid());
  if (!map) return std::unexpected(map.error());
  if (ipc::Status good = map->check_uid(*uid); !good) return std::unexpected(good.error());
  const ipc::Result<Account> account = look_up_account(*uid);
  if (!account) return std::unexpected(account.error());
  return map->principal_of(*account);
}

void print(const PeerPrincipal& who, ToolOutput& out) {
  std::string groups;
  if (who.groups) {
    for (const std::string& group : *who.groups) groups += (groups.empty() ? "" : ", ") + harmless(group);
  }
  out.line("user:    " + out.ink(Ink::kStrong, who.user));
  out.line("uid:     " + std::to_string(who.uid) + (who.login.empty() ? ", no login" : ", " + harmless(who.login)));
  out.line("groups:  " + (!who.groups      ? "not known: no rule that names one permits"
                          : groups.empty() ? "none"
                                           : groups));
  out.line("by row:  " + harmless(who.by_row));
}

void add(const PeerPrincipal& who, ipc::JsonText& json) {
  json.text("user", who.user).number("uid", who.uid).text_or_null("login", who.login).text("by_row", who.by_row);
  json.boolean("groups_known", who.groups.has_value()).open_list("groups");
  for (const std::string& group : who.groups.value_or(std::vector<std::string>())) json.text("", group);
  json.close_list();
}

}  // namespace

int host_principal(const ToolArguments& arguments, ToolOutput& out) {
  const std::string user = arguments.files().front();
  const std::string file = arguments.files().size() < 2 ? kHostConfig : arguments.files().back();
  const ipc::Result<CheckedHost> host = check_host(file);
  if (!host) return refused(out, host.error());
  if (!host->config) return tell_what_is_wrong(*host, out);
  const ipc::Result<PeerPrincipal> who = principal_of(user, host->config->principals);
  if (!who) return refused(out, who.error());
  if (out.json()) {
    add(*who, out.answer().data());
  } else {
    print(*who, out);
  }
  return kToolGood;
}

}  // namespace broker
