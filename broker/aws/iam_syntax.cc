#include "aws/iam_syntax.h"

#include <algorithm>
#include <charconv>

#include "aws/endpoint.h"
#include "ipc/sts_limits.h"
#include "text/ascii.h"

namespace broker {
namespace {

constexpr std::string_view kNameSigns = "_+=,.@-";
constexpr std::string_view kRolePrefix = "role/";
constexpr std::size_t kAccountDigits = 12;

// The part up to the next ':', which it takes off.
std::string_view take_part(std::string_view& rest) {
  const std::size_t colon = std::min(rest.find(':'), rest.size());
  const std::string_view part = rest.substr(0, colon);
  rest.remove_prefix(std::min(colon + 1, rest.size()));
  return part;
}

bool is_role_resource(std::string_view resource) {
  if (!resource.starts_with(kRolePrefix)) return false;
  const std::size_t slash = resource.rfind('/');
  const std::string_view path = resource.substr(kRolePrefix.size() - 1, slash + 2 - kRolePrefix.size());
  const std::string_view name = resource.substr(slash + 1);
  return is_role_name(name) && path.size() <= 512 && is_visible(path);
}

bool is_name_text(std::string_view text, std::size_t shortest, std::size_t longest, std::string_view more_signs) {
  return text.size() >= shortest && text.size() <= longest && std::ranges::all_of(text, [&](char c) {
           return is_alphanumeric(c) || kNameSigns.contains(c) || more_signs.contains(c);
         });
}

}  // namespace

bool is_role_arn(std::string_view text) {
  std::string_view rest = text;
  if (take_part(rest) != "arn" || !is_partition(take_part(rest)) || take_part(rest) != "iam") return false;
  if (!take_part(rest).empty()) return false;  // IAM has no region
  return is_account_id(take_part(rest)) && is_role_resource(rest);
}

bool is_managed_policy_arn(std::string_view text) {
  constexpr std::string_view kPrefix = "policy/";
  std::string_view rest = text;
  if (take_part(rest) != "arn" || !is_partition(take_part(rest)) || take_part(rest) != "iam") return false;
  if (!take_part(rest).empty()) return false;  // IAM has no region
  const std::string_view owner = take_part(rest);
  const auto is_allowed = [](char c) { return is_alphanumeric(c) || kNameSigns.contains(c) || c == '/'; };
  return (is_account_id(owner) || owner == "aws") && rest.starts_with(kPrefix) && rest.size() > kPrefix.size() &&
         !rest.ends_with('/') && std::ranges::all_of(rest, is_allowed);
}

bool is_account_id(std::string_view text) {
  return text.size() == kAccountDigits && std::ranges::all_of(text, is_digit);
}

bool is_external_id(std::string_view text) { return is_name_text(text, 2, 1224, ":/"); }

bool is_role_session_name(std::string_view text) { return is_name_text(text, 2, 64, ""); }

bool is_role_name(std::string_view text) { return is_name_text(text, 1, 64, ""); }

bool is_user_name(std::string_view text) { return is_name_text(text, 1, 64, ""); }

bool is_tag_text(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return is_alphanumeric(c) || std::string_view(" _.:/=+-@").contains(c); });
}

bool is_mfa_serial(std::string_view text) { return is_name_text(text, 9, 256, ":/"); }

std::optional<std::chrono::seconds> parse_role_duration(std::string_view text) {
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  if (seconds < ipc::sts::kShortest.count() || seconds > ipc::sts::kLongestOfRole.count()) return {};
  return std::chrono::seconds(seconds);
}

}  // namespace broker
