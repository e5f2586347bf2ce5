#include "profile/role.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "aws/iam_syntax.h"
#include "text/ascii.h"

namespace broker {
namespace {

constexpr std::string_view kTagForm = "write it as key=value, with commas between";

std::string named(std::string_view key, const std::string& profile) {
  return "the " + std::string(key) + " of profile '" + profile + "'";
}

constexpr std::string_view kSpace = " ";

std::vector<std::string_view> parts_of(std::string_view list) {
  std::vector<std::string_view> parts = split(list, ',');
  for (std::string_view& part : parts) part = trimmed(part, kSpace);
  return parts;
}

// Empty where the tag is one that STS takes.
std::string wrong_with(std::string_view key, std::string_view value) {
  if (key.empty() || key.size() > kMaxTagKey) return "a key that has not 1 to 128 characters";
  if (value.size() > kMaxTagValue) return "a value with more than 256 characters";
  if (!is_tag_text(key) || !is_tag_text(value)) return "a character other than letters, digits, blanks and _.:/=+-@";
  if (lowered(key).starts_with("aws:")) return "a key that begins with aws:, which AWS keeps for itself";
  return "";
}

ipc::Status read_tags(const ProfileFiles& files, RoleStep& role) {
  const MaybeText text = files.text(role.profile, "session_tags");
  if (!text) return std::unexpected(text.error());
  if (!*text || (*text)->text.empty()) return {};
  const std::string& place = (*text)->place;
  for (const std::string_view part : parts_of((*text)->text)) {
    const std::size_t sign = part.find('=');
    if (sign == std::string_view::npos) {
      return refuse_at(place, named("session_tags", role.profile) + " have a part without '='", kTagForm);
    }
    const std::string_view key = trimmed(part.substr(0, sign), kSpace), value = trimmed(part.substr(sign + 1), kSpace);
    const std::string wrong = wrong_with(key, value);
    if (!wrong.empty()) {
      return refuse_at(place, named("session_tags", role.profile) + " have " + wrong, kTagForm);
    }
    const bool twice =
        std::ranges::any_of(role.tags, [&](const auto& tag) { return lowered(tag.first) == lowered(key); });
    if (twice) {
      return refuse_at(place,
                       named("session_tags", role.profile) + " have '" + std::string(key) + "' twice, case aside",
                       "write it once");
    }
    role.tags.emplace_back(key, value);
  }
  if (role.tags.size() <= kMaxTags) return {};
  return refuse_at(place, named("session_tags", role.profile) + " are more than 50, and STS takes 50", "remove some");
}

ipc::Status read_transitive_tags(const ProfileFiles& files, RoleStep& role) {
  const MaybeText text = files.text(role.profile, "transitive_session_tags");
  if (!text) return std::unexpected(text.error());
  if (!*text || (*text)->text.empty()) return {};
  for (const std::string_view key : parts_of((*text)->text)) {
    const bool sent = std::ranges::any_of(role.tags, [&](const auto& tag) { return tag.first == key; });
    if (!sent) {
      return refuse_at((*text)->place,
                       named("transitive_session_tags", role.profile) + " name a key that session_tags do not have",
                       "give the tag its value in session_tags");
    }
    if (std::ranges::find(role.transitive_tags, key) == role.transitive_tags.end()) {
      role.transitive_tags.emplace_back(key);
    }
  }
  return {};
}

ipc::Status read_external_id(const ProfileFiles& files, RoleStep& role) {
  const MaybeText text = files.text(role.profile, "external_id");
  if (!text) return std::unexpected(text.error());
  if (!*text) return {};
  if (!is_external_id((*text)->text)) {
    return refuse_at((*text)->place, named("external_id", role.profile) + " is not one that STS accepts",
                     "it has 2 to 1224 letters, digits and _+=,.@:/- signs");
  }
  role.external_id = (*text)->text;
  return {};
}

ipc::Status read_duration(const ProfileFiles& files, RoleStep& role) {
  const MaybeText text = files.text(role.profile, "duration_seconds");
  if (!text) return std::unexpected(text.error());
  if (!*text) return {};
  const auto seconds = parse_role_duration((*text)->text);
  if (!seconds) {
    return refuse_at((*text)->place, named("duration_seconds", role.profile) + " is not a role's duration",
                     "write whole seconds from 900 to 43200");
  }
  role.duration = *seconds;
  return {};
}

}  // namespace

ipc::Status check_role_arn(const std::string& profile, const PlacedText& role_arn) {
  if (is_role_arn(role_arn.text)) return {};
  return refuse_at(role_arn.place, named("role_arn", profile) + " is not the ARN of an IAM role",
                   "write it as arn:aws:iam::123456789012:role/NAME");
}

ipc::Result<std::string> read_session_name(const ProfileFiles& files, const std::string& profile) {
  const MaybeText text = files.text(profile, "role_session_name");
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::string();
  if (!is_role_session_name((*text)->text)) {
    return refuse_at((*text)->place, named("role_session_name", profile) + " is not one that STS accepts",
                     "it has 2 to 64 letters, digits and _+=,.@- signs");
  }
  return (*text)->text;
}

ipc::Result<RoleStep> read_role(const ProfileFiles& files, const std::string& profile, const PlacedText& role_arn) {
  RoleStep role{profile, role_arn.text, "", std::chrono::seconds(0)};
  ipc::Status status = check_role_arn(profile, role_arn);
  if (status) status = read_external_id(files, role);
  if (status) status = read_duration(files, role);
  if (status) status = read_tags(files, role);
  if (status) status = read_transitive_tags(files, role);
  if (!status) return std::unexpected(std::move(status).error());
  ipc::Result<std::string> session_name = read_session_name(files, profile);
  if (!session_name) return std::unexpected(std::move(session_name).error());
  role.session_name = std::move(*session_name);
  return role;
}

}  // namespace broker
