// From a peer's uid, as the kernel shows it outside of every user namespace, to the user and the groups that policies
// are judged by, by the rows that an administrator wrote. Asks nobody: the account is what principals/accounts.h found.
//
// Of several rows that fit, the most specific counts: its uid, then its login's name, then a range of uids, then a
// group it is in, groups in the order in which they were written. The row that counts is final: where it makes no user,
// the next is not tried.
// Names are compared byte by byte. A user is what rules compare, and no other letters that look alike are let in; Marta
// and marta are two.
// A user is one uid's, as long as the map lives: the first that came to it, or the one whose row writes it out. A new
// uid by an old name waits for a new map, which is made when the administrator has the rows read anew.
// Root is who a row names by its uid or its login; it counts in no range and no group. The overflow uid is nobody.
//
// Blocks: never.
// Fails: make() with kConfig (principals/row_check.h). principal_of() with kRefused, a sentence and the
// administrator's next step: for a uid that no row fits, a template without its name, a name that no policy can have,
// a user that is another uid's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ipc/result.h"
#include "principals/account.h"
#include "principals/rows.h"

namespace broker {

// Whom policies judge in a host's broker.
struct PeerPrincipal {
  uid_t uid = 0;
  std::string user;                                  // legal by aws/iam_syntax.h
  std::string login{};                               // empty: no login has this uid
  std::optional<std::vector<std::string>> groups{};  // as the account's
  std::string by_row{};                              // the place of the row that counts
};

class PrincipalMap {
 public:
  static constexpr std::size_t kMostHeld = 65536;  // uids that came: a range may hold four thousand million

  PrincipalMap(PrincipalMap&&) = default;  // a copy would point into the rows of another
  PrincipalMap& operator=(PrincipalMap&&) = default;

  static ipc::Result<PrincipalMap> make(std::vector<PrincipalRow> rows, uid_t overflow_uid = kOverflowUid);

  // What can be refused without asking who the uid is. Who owns a range of subordinate uids can come as each of them,
  // and the databases are slow.
  [[nodiscard]] ipc::Status check_uid(uid_t uid) const;
  [[nodiscard]] ipc::Result<PeerPrincipal> principal_of(const Account& account);

 private:
  PrincipalMap(std::vector<PrincipalRow> rows, uid_t overflow_uid);
  [[nodiscard]] const PrincipalRow* row_for_uid(uid_t uid) const;
  [[nodiscard]] const PrincipalRow* row_for(const Account& account) const;
  [[nodiscard]] std::unexpected<ipc::Error> no_row_for(const Account& account) const;
  [[nodiscard]] ipc::Status hold(const std::string& user, const PrincipalRow& row, uid_t uid);

  std::vector<PrincipalRow> rows_;
  uid_t overflow_uid_;
  bool asks_names_ = false;                                       // some row is about a login or a group
  std::unordered_map<std::string, const PrincipalRow*> written_;  // users that are written out, and by which row
  std::unordered_map<std::string, uid_t> held_;                   // users that are one uid's
};

}  // namespace broker
