#include "principals/account_words.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ipc/codec.h"
#include "text/plain_text.h"

namespace broker {
namespace {

enum class Answer : ipc::U8 { kAccount = 1, kNone, kWhyNot };
constexpr Answer last_of(Answer) { return Answer::kWhyNot; }

using AccountName = ipc::Text<kMostAccountNameBytes>;
using Reason = ipc::Text<kMostReasonBytes>;

std::string why_not(uid_t uid, const std::string& reason) {
  std::string packet(1 + sizeof uid + 4 + kMostReasonBytes, '\0');
  ipc::Writer writer(packet);
  writer.put(Answer::kWhyNot) && writer.put(uid) &&
      writer.put(Reason(reason.empty() ? "no reason was given" : printable(reason, kMostReasonBytes - 3)));
  packet.resize(writer.size());
  return packet;
}

bool put_name(ipc::Writer& writer, const std::string& name) {
  AccountName text;
  return is_account_name(name) && text.assign(name) && writer.put(text);
}

bool get_name(ipc::Reader& reader, std::string& name) {
  AccountName text;
  if (!reader.get(text) || !is_account_name(text.str())) return false;
  name = text.str();
  return true;
}

bool put_groups(ipc::Writer& writer, const std::vector<std::string>& groups) {
  return groups.size() <= kMostGroups && writer.put(static_cast<ipc::U16>(groups.size())) &&
         std::ranges::all_of(groups, [&](const std::string& name) { return put_name(writer, name); });
}

bool get_groups(ipc::Reader& reader, std::vector<std::string>& groups) {
  ipc::U16 count = 0;
  if (!reader.get(count) || count > kMostGroups) return false;
  groups.resize(count);
  return std::ranges::all_of(groups, [&](std::string& name) { return get_name(reader, name); });
}

bool get_account(ipc::Reader& reader, Account& account) {
  return get_name(reader, account.login) && get_groups(reader, account.groups.emplace());
}

bool get_reason(ipc::Reader& reader, std::string& reason) {
  Reason text;
  if (!reader.get(text) || text.empty() || harmless(text.str()) != text.str()) return false;
  reason = text.str();
  return true;
}

}  // namespace

bool is_account_name(std::string_view name) {
  return !name.empty() && name.size() <= kMostAccountNameBytes && harmless(name) == name;
}

std::string write_account_question(uid_t uid) {
  std::string packet(kQuestionBytes, '\0');
  ipc::Writer(packet).put(uid);
  return packet;
}

std::optional<uid_t> read_account_question(std::string_view packet) {
  ipc::Reader reader(packet);
  uid_t uid = 0;
  if (!reader.get(uid) || !reader.at_end()) return std::nullopt;
  return uid;
}

std::string write_account_answer(uid_t uid, const ipc::Result<Account>& account) {
  if (!account) return why_not(uid, account.error().what);
  std::string packet(kMostAnswerBytes, '\0');
  ipc::Writer writer(packet);
  bool whole;
  if (account->login.empty()) {
    whole = writer.put(Answer::kNone) && writer.put(uid);
  } else {
    whole = writer.put(Answer::kAccount) && writer.put(uid) && put_name(writer, account->login) && account->groups &&
            put_groups(writer, *account->groups);
  }
  if (!whole) return why_not(uid, "the names of its login and its groups are too many or too long");
  packet.resize(writer.size());
  return packet;
}

std::optional<AccountAnswer> read_account_answer(std::string_view packet) {
  if (packet.size() > kMostAnswerBytes) return std::nullopt;
  ipc::Reader reader(packet);
  Answer kind{};
  Account account;
  if (!reader.get(kind) || !reader.get(account.uid)) return std::nullopt;
  const uid_t uid = account.uid;
  std::string reason;
  if (kind == Answer::kAccount && !get_account(reader, account)) return std::nullopt;
  if (kind == Answer::kWhyNot && !get_reason(reader, reason)) return std::nullopt;
  if (!reader.at_end()) return std::nullopt;
  if (kind == Answer::kWhyNot) return AccountAnswer{uid, ipc::fail(ipc::Fault::kUnavailable, std::move(reason))};
  return AccountAnswer{uid, std::move(account)};
}

}  // namespace broker
