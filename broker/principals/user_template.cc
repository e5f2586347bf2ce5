#include "principals/user_template.h"

#include <utility>

#include "aws/iam_syntax.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr char kWriteIt[] =
    "write a user as policies name it: at most 64 of A-Z, a-z, 0-9 and _+=,.@-, with {name} or {uid} where "
    "the login's name or number shall stand";

// Calls `plain` with each character that stands for itself and `word` with what is between braces. False where a brace
// has no partner.
template <class Plain, class Word>
bool walk(std::string_view user, Plain plain, Word word) {
  for (std::size_t at = 0; at < user.size(); ++at) {
    if (user[at] != '{') {
      plain(user[at]);
      continue;
    }
    const std::size_t end = user.find('}', at);
    if (end == std::string_view::npos) return false;
    word(user.substr(at + 1, end - at - 1));
    at = end;
  }
  return true;
}

std::string filled(std::string_view user, std::string_view name, std::string_view uid) {
  std::string out;
  walk(
      user, [&](char c) { out += c; }, [&](std::string_view word) { out += word == "name" ? name : uid; });
  return out;
}

}  // namespace

bool is_template(std::string_view user) { return user.contains('{'); }

ipc::Status check_user_template(std::string_view user) {
  std::string_view unknown;
  const bool paired = walk(
      user, [](char) {},
      [&](std::string_view word) {
        if (word != "name" && word != "uid") unknown = word;
      });
  if (!paired) return ipc::fail(Fault::kConfig, in_quotes(user) + " has a { without its }", kWriteIt);
  if (unknown.data() != nullptr) {
    return ipc::fail(Fault::kConfig,
                     in_quotes(user) + " has {" + harmless(unknown.substr(0, 60)) + "}, which stands for nothing",
                     kWriteIt);
  }
  // With the shortest of names and numbers: what is too long with these is so with all.
  if (is_user_name(filled(user, "a", "0"))) return {};
  return ipc::fail(Fault::kConfig, in_quotes(user) + " cannot be the name of a user", kWriteIt);
}

ipc::Result<std::string> user_of(std::string_view user, const Account& account) {
  const std::string uid = std::to_string(account.uid);
  if (account.login.empty() && user.contains("{name}")) {
    return ipc::fail(
        Fault::kRefused,
        "uid " + uid + " has no name in the host's user database, and its user is to be " + in_quotes(user),
        "give the uid a login, or a row of its own with a user without {name}");
  }
  std::string out = filled(user, account.login, uid);
  if (is_user_name(out)) return out;
  return ipc::fail(Fault::kRefused,
                   "of uid " + uid + ", login " + in_quotes(harmless(account.login)) + ", " + in_quotes(user) +
                       " would make " + in_quotes(harmless(out)) + ", which no user of a policy can be called",
                   "give the uid a row of its own, with a user of at most 64 of A-Z, a-z, 0-9 and _+=,.@-");
}

}  // namespace broker
