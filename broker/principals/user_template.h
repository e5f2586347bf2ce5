// The `user` of a row: a policy user written out, or a template in which {name} stands for the login's name and {uid}
// for its number.
//
// Blocks: never.
// Fails: kConfig for a text that could never become a policy user; kRefused for an account that it makes none of.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"
#include "principals/account.h"

namespace broker {

// Whether each account gets a user of its own from it; else it is one user, whoever asks.
[[nodiscard]] bool is_template(std::string_view user);

[[nodiscard]] ipc::Status check_user_template(std::string_view user);

// A policy user by aws/iam_syntax.h. Nothing is cut, cleaned or folded: two people could then share one name.
[[nodiscard]] ipc::Result<std::string> user_of(std::string_view user, const Account& account);

}  // namespace broker
