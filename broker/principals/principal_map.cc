#include "principals/principal_map.h"

#include <algorithm>
#include <utility>

#include "principals/row_check.h"
#include "principals/user_template.h"
#include "text/ascii.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using By = PrincipalRow::By;
using ipc::Fault;

constexpr char kAddRow[] =
    "if this user is to have credentials, add a row for the uid, its login or one of its groups to the map";
constexpr std::size_t kMostShownGroups = 8;

std::string shown_groups(const Account& account) {
  if (!account.groups || account.groups->empty()) return "in no group";
  std::string out = account.groups->size() == 1 ? "in group" : "in groups";
  const std::size_t count = std::min(account.groups->size(), kMostShownGroups);
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? " " : ", ") + in_quotes(harmless((*account.groups)[i]));
  if (const std::size_t more = account.groups->size() - count; more > 0)
    out += " and " + std::to_string(more) + " more";
  return out;
}

std::string shown(const Account& account) {
  const std::string uid = "uid " + std::to_string(account.uid);
  if (account.login.empty()) return uid + ", which has no login";
  return uid + ", login " + in_quotes(harmless(account.login)) + ", " + shown_groups(account);
}

}  // namespace

PrincipalMap::PrincipalMap(std::vector<PrincipalRow> rows, uid_t overflow_uid)
    : rows_(std::move(rows)), overflow_uid_(overflow_uid) {
  for (const PrincipalRow& row : rows_) {
    asks_names_ |= row.by == By::kName || row.by == By::kGroup;
    if (!is_template(row.user)) written_.emplace(row.user, &row);
  }
}

ipc::Result<PrincipalMap> PrincipalMap::make(std::vector<PrincipalRow> rows, uid_t overflow_uid) {
  if (ipc::Status good = check_rows(rows); !good) return std::unexpected(good.error());
  return PrincipalMap(std::move(rows), overflow_uid);
}

const PrincipalRow* PrincipalMap::row_for_uid(uid_t uid) const {
  const auto fits = [uid](const PrincipalRow& row) {
    return (row.by == By::kUid || (row.by == By::kUids && uid != 0)) && row.first <= uid && uid <= row.last;
  };
  const PrincipalRow* found = nullptr;
  for (const PrincipalRow& row : rows_) {
    if (fits(row) && (found == nullptr || row.by == By::kUid)) found = &row;
  }
  return found;
}

const PrincipalRow* PrincipalMap::row_for(const Account& account) const {
  const PrincipalRow* const by_uid = row_for_uid(account.uid);
  if ((by_uid != nullptr && by_uid->by == By::kUid) || account.login.empty()) return by_uid;
  const auto is_named = [&](const PrincipalRow& row) { return row.by == By::kName && row.name == account.login; };
  if (const auto row = std::ranges::find_if(rows_, is_named); row != rows_.end()) return &*row;
  if (by_uid != nullptr || account.uid == 0 || !account.groups) return by_uid;
  const auto is_in = [&](const PrincipalRow& row) {
    return row.by == By::kGroup && std::ranges::find(*account.groups, row.name) != account.groups->end();
  };
  const auto row = std::ranges::find_if(rows_, is_in);
  return row == rows_.end() ? nullptr : &*row;
}

std::unexpected<ipc::Error> PrincipalMap::no_row_for(const Account& account) const {
  std::string what = "no row of the map of users fits " + shown(account);
  if (account.uid == 0) what += "; root counts only where a row names it, in no range and no group";
  for (const PrincipalRow& row : rows_) {
    if (row.by == By::kName && !account.login.empty() && lowered(row.name) == lowered(account.login))
      what += "; the row at " + row.place + " names " + in_quotes(row.name) + ", and capitals count";
  }
  return ipc::fail(Fault::kRefused, std::move(what), kAddRow);
}

ipc::Status PrincipalMap::check_uid(uid_t uid) const {
  if (uid == kOverflowUid || uid == overflow_uid_ || uid == kNoUid) {
    return ipc::fail(Fault::kRefused,
                     "the kernel shows the caller as uid " + std::to_string(uid) +
                         ", as it shows every user who has no number on this host: it may be anyone",
                     "call from a process whose user has a uid of its own outside of every user namespace");
  }
  if (asks_names_ || row_for_uid(uid) != nullptr) return {};
  return ipc::fail(Fault::kRefused, "no row of the map of users fits uid " + std::to_string(uid), kAddRow);
}

ipc::Result<PeerPrincipal> PrincipalMap::principal_of(const Account& account) {
  if (ipc::Status good = check_uid(account.uid); !good) return std::unexpected(good.error());
  const PrincipalRow* const row = row_for(account);
  if (row == nullptr) return no_row_for(account);
  ipc::Result<std::string> user = user_of(row->user, account);
  if (!user) {
    ipc::Error error = user.error();
    error.what += " (" + row->place + ")";
    return std::unexpected(std::move(error));
  }
  if (ipc::Status held = hold(*user, *row, account.uid); !held) return std::unexpected(held.error());
  return PeerPrincipal{account.uid, std::move(*user), account.login, account.groups, row->place};
}

// What a row writes out is kept for that row, also before its uid has ever come: else whoever gets a login of that name
// would be first.
ipc::Status PrincipalMap::hold(const std::string& user, const PrincipalRow& row, uid_t uid) {
  const std::string who =
      "uid " + std::to_string(uid) + " would be the user " + in_quotes(user) + " by the row at " + row.place;
  const auto written = written_.find(user);
  if (is_template(row.user) && written != written_.end()) {
    return ipc::fail(Fault::kRefused, who + ", and that user is who the row at " + written->second->place + " says",
                     "give this uid a row of its own with another user");
  }
  if (row.shared) return {};
  if (held_.size() >= kMostHeld && !held_.contains(user)) {
    return ipc::fail(Fault::kRefused,
                     who + ", and " + std::to_string(kMostHeld) + " others have come since the map was read",
                     "let the rows hold for fewer uids, and have the broker read them anew");
  }
  const uid_t holder = held_.emplace(user, uid).first->second;
  if (holder == uid) return {};
  return ipc::fail(Fault::kRefused,
                   who + ", and that user has been uid " + std::to_string(holder) + " since the map was read",
                   "give one of the two another user; if this login got a new uid, have the broker read its map anew");
}

}  // namespace broker
