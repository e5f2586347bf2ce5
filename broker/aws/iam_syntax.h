// What IAM and STS accept as an account, the ARN of a role or policy, an external id, a tag and a duration, checked
// before AWS is asked.
//
// Blocks: never.
// Source: IAM and STS API references (AssumeRole, Role).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace broker {

// arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME
[[nodiscard]] bool is_role_arn(std::string_view text);
// arn:PARTITION:iam::OWNER:policy/[PATH/]NAME; AWS's own policies are owned by "aws".
[[nodiscard]] bool is_managed_policy_arn(std::string_view text);
// 12 digits.
[[nodiscard]] bool is_account_id(std::string_view text);
[[nodiscard]] bool is_external_id(std::string_view text);
// RoleSessionName: 2 to 64 characters.
[[nodiscard]] bool is_role_session_name(std::string_view text);
// A role's name without its path: 1 to 64 characters.
[[nodiscard]] bool is_role_name(std::string_view text);
// A user's, as policies name it: the same. No other letters that look like these, and no case is folded.
[[nodiscard]] bool is_user_name(std::string_view text);
// The key or value of a session tag. STS takes letters of all alphabets; ASCII is what other tools take too.
inline constexpr std::size_t kMaxTags = 50, kMaxTagKey = 128, kMaxTagValue = 256;
[[nodiscard]] bool is_tag_text(std::string_view text);
// SerialNumber: the ARN of a virtual device, or the number on a hardware one.
[[nodiscard]] bool is_mfa_serial(std::string_view text);
// Plain decimal seconds within AssumeRole's limits, 900 to 43200.
[[nodiscard]] std::optional<std::chrono::seconds> parse_role_duration(std::string_view text);

}  // namespace broker
