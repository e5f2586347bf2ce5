#include "policy/explain_line.h"

#include <algorithm>
#include <string_view>

#include "text/ascii.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

constexpr std::size_t kMostGroupBytes = 512;  // a user of a directory may be in hundreds; the line must be read

// One word for a shell.
std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain = "_@%+=:,./-";
  const auto is_plain = [&](char c) { return is_alphanumeric(c) || kPlain.contains(c); };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string word = "'";
  for (const char c : text) c == '\'' ? word += "'\\''" : word += c;
  return word + "'";
}

void add(std::string& line, std::string_view option, std::string_view value) {
  if (!value.empty()) line += " --" + std::string(option) + " " + shell_word(value);
}

std::string groups_of(const PolicyQuery& query) {
  std::string list;
  if (!query.groups) return list;
  for (const std::string& each : *query.groups) list += (list.empty() ? "" : ",") + each;
  return list.size() > kMostGroupBytes ? "" : list;
}

std::string file_of(const PolicyPlace& policy) {
  if (policy.is_gone) return "POLICY-FILE";
  return policy.is_parameter ? "policy.yaml" : shell_word(policy.name);
}

std::string fetch_of(const PolicyPlace& policy, std::string_view profile) {
  if (!policy.is_parameter) return {};
  std::string line = "sentinel policy pull";
  add(line, "policy-parameter", policy.name);
  add(line, "profile", profile);
  return line + " > policy.yaml && ";
}

}  // namespace

std::string explain_line(const PolicyPlace& policy, const PolicyQuery& query) {
  std::string line = fetch_of(policy, query.profile) + "sentinel policy explain " + file_of(policy);
  line += " --user " + shell_word(query.user);  // which must be said, a caller without a name or not
  add(line, "profile", query.profile);
  add(line, "mode", word(query.mode));
  if (query.transport) add(line, "transport", word(*query.transport));
  add(line, "at", rfc3339(query.now).text());
  add(line, "account", query.account);
  add(line, "arn", query.arn);
  add(line, "groups", groups_of(query));
  add(line, "session-table", query.session_table);
  return line;
}

}  // namespace broker
