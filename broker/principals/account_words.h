// What the broker and its account reader say to each other, and the reader and a lookup: packets over a SEQPACKET pair.
// A question is a uid. An answer is that uid and an account, or that there is none, or why nothing can be said.
//
// Runs in: broker, account reader, account lookup.   Blocks: never.
// Fails: a reader of either gives nothing for what its writer would not write; whoever sent it is then not to be
// believed.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/result.h"
#include "principals/account.h"

namespace broker {

inline constexpr std::size_t kMostGroups = 1024;
inline constexpr std::size_t kMostAccountNameBytes = 256;
inline constexpr std::size_t kMostReasonBytes = 512;
inline constexpr std::size_t kMostAnswerBytes = 64 * 1024;  // a packet must fit into the socket's buffer at once
inline constexpr std::size_t kQuestionBytes = 4;

// Text of at least one byte, in one line, that steers no terminal. No row and no rule can name a group that is called
// otherwise, so that leaving it out changes no decision.
[[nodiscard]] bool is_account_name(std::string_view name);

std::string write_account_question(uid_t uid);
std::optional<uid_t> read_account_question(std::string_view packet);

struct AccountAnswer {
  uid_t uid = 0;
  ipc::Result<Account> account;  // an error's `what` alone travels
};
// What does not fit becomes a reason.
std::string write_account_answer(uid_t uid, const ipc::Result<Account>& account);
std::optional<AccountAnswer> read_account_answer(std::string_view packet);

}  // namespace broker
