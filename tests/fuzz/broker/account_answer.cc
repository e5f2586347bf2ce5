// Whatever comes from the process that asks the user database, or from a lookup: it is read or refused, what is read is
// what its writer would have written, and whom it makes is a user that policies can name.
#include <cstdint>
#include <string>
#include <string_view>

#include "aws/iam_syntax.h"
#include "must.h"
#include "principals/account_words.h"
#include "principals/principal_map.h"
#include "text/plain_text.h"

namespace {

using By = broker::PrincipalRow::By;

broker::PrincipalMap new_map() {
  auto map = broker::PrincipalMap::make({{By::kUid, 0, 0, "", "operations", false, "map:1"},
                                         {By::kName, 0, 0, "marta", "m.{uid}", false, "map:2"},
                                         {By::kUids, 1000, 59999, "", "{name}", false, "map:3"},
                                         {By::kGroup, 0, 0, "staff", "{name}@{uid}", false, "map:4"}});
  must(map.has_value());
  return std::move(*map);
}

void must_be_an_account(const broker::Account& account) {
  must(account.login.empty() != account.groups.has_value());
  must(account.login.empty() || broker::is_account_name(account.login));
  if (!account.groups) return;
  must(account.groups->size() <= broker::kMostGroups);
  for (const std::string& name : *account.groups) must(broker::is_account_name(name));
}

void must_make_a_user_or_a_sentence(const broker::Account& account) {
  auto map = new_map();
  const auto principal = map.principal_of(account);
  if (principal) {
    must(principal->uid == account.uid && broker::is_user_name(principal->user));
    must(account.uid != broker::kOverflowUid && account.uid != broker::kNoUid);
    must(account.uid != 0 || principal->user == "operations");
  } else {
    must(!principal.error().next_step.empty() && !broker::text_fault(principal.error().what));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view packet(reinterpret_cast<const char*>(data), size);
  const auto uid = broker::read_account_question(packet);
  must(!uid || broker::write_account_question(*uid) == packet);
  const auto answer = broker::read_account_answer(packet);
  if (!answer) return 0;
  if (!answer->account) {
    must(!answer->account.error().what.empty() && !broker::text_fault(answer->account.error().what));
    return 0;
  }
  must(answer->uid == answer->account->uid);
  must(broker::write_account_answer(answer->uid, answer->account) == packet);
  must_be_an_account(*answer->account);
  must_make_a_user_or_a_sentence(*answer->account);
  return 0;
}
