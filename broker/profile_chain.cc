#include "profile_chain.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "iam_syntax.h"

namespace broker {
namespace {

struct UnsupportedKey {
  std::string_view key, next_step;
};

#define UNSUPPORTED(key, next_step) UnsupportedKey{key, next_step},
constexpr UnsupportedKey kUnsupportedKeys[] = {
#include "unsupported_keys.def"
};
#undef UNSUPPORTED

using MaybeText = ipc::Result<std::optional<PlacedText>>;

std::unexpected<ipc::Error> refuse(std::string what, std::string_view next_step) {
  return ipc::fail(ipc::Fault::kConfig, std::move(what), std::string(next_step));
}

class ChainWalk {
 public:
  ChainWalk(const ProfileFiles& files, std::string_view name) : files_(files), next_(name) {}

  ipc::Result<ProfileChain> walk();

 private:
  ipc::Result<bool> step(const std::string& profile);
  ipc::Status add_role(const std::string& profile, const PlacedText& role_arn);
  ipc::Result<std::string> source_of(const std::string& profile, const PlacedText& role_arn) const;
  ipc::Status refuse_unsupported(const std::string& profile) const;
  bool has_own_key(const std::string& profile) const;

  const ProfileFiles& files_;
  std::string next_;
  ProfileChain chain_;
};

// As botocore: half a key counts, and is refused when it is read.
bool ChainWalk::has_own_key(const std::string& profile) const {
  return files_.has(profile, "aws_access_key_id") || files_.has(profile, "aws_secret_access_key");
}

ipc::Status ChainWalk::refuse_unsupported(const std::string& profile) const {
  for (const UnsupportedKey& row : kUnsupportedKeys) {
    if (!files_.has(profile, row.key)) continue;
    return refuse(files_.place_of(profile, row.key) + ": profile '" + profile + "' uses " + std::string(row.key) +
                      ", which this version does not support yet",
                  row.next_step);
  }
  return {};
}

ipc::Result<std::string> ChainWalk::source_of(const std::string& profile, const PlacedText& role_arn) const {
  const MaybeText source = files_.text(profile, "source_profile");
  if (!source) return std::unexpected(source.error());
  if (!*source || (*source)->text.empty()) {
    return refuse(role_arn.place + ": profile '" + profile + "' has a role_arn but no source_profile",
                  "add source_profile = the profile whose key assumes the role; it may name itself");
  }
  const std::string& name = (*source)->text;
  if (!files_.has(name)) return std::unexpected(files_.missing(name, (*source)->place));
  const auto seen = std::ranges::find(chain_.visited, name);
  const bool own_key = has_own_key(profile);
  if (seen != chain_.visited.end() && !(name == profile && own_key)) {
    std::string loop = (*source)->place + ": source_profile goes round in a loop: ";
    for (const std::string& link : chain_.visited) loop += link + " → ";
    return refuse(loop + name, "let the last profile name one with an access key");
  }
  return name;
}

ipc::Status ChainWalk::add_role(const std::string& profile, const PlacedText& role_arn) {
  if (!is_role_arn(role_arn.text)) {
    return refuse(role_arn.place + ": the role_arn of profile '" + profile + "' is not the ARN of an IAM role",
                  "write it as arn:aws:iam::123456789012:role/NAME");
  }
  RoleStep role{profile, role_arn.text, "", std::chrono::seconds(0)};
  const MaybeText external_id = files_.text(profile, "external_id");
  if (!external_id) return std::unexpected(external_id.error());
  if (*external_id && !is_external_id((*external_id)->text)) {
    return refuse((*external_id)->place + ": the external_id of profile '" + profile + "' is not one that STS accepts",
                  "it has 2 to 1224 letters, digits and _+=,.@:/- signs");
  }
  if (*external_id) role.external_id = (*external_id)->text;
  const MaybeText duration = files_.text(profile, "duration_seconds");
  if (!duration) return std::unexpected(duration.error());
  if (*duration) {
    const auto seconds = parse_role_duration((*duration)->text);
    if (!seconds) {
      return refuse((*duration)->place + ": the duration_seconds of profile '" + profile + "' is not a role's duration",
                    "write whole seconds from 900 to 43200");
    }
    role.duration = *seconds;
  }
  if (files_.has(profile, "role_session_name")) {
    chain_.warnings.push_back(files_.place_of(profile, "role_session_name") +
                              ": role_session_name is not used; Sentinel names the session after the user and request");
  }
  chain_.roles.push_back(std::move(role));
  return {};
}

// One link; true when the profile's own key ends the chain. A source profile with a key is the base even where it also
// names a role, as in botocore; only the profile that was asked for assumes its role with its own key.
ipc::Result<bool> ChainWalk::step(const std::string& profile) {
  const bool is_source = !chain_.visited.empty();
  chain_.visited.push_back(profile);
  if (const ipc::Status supported = refuse_unsupported(profile); !supported) return std::unexpected(supported.error());
  const MaybeText role_arn = files_.text(profile, "role_arn");
  if (!role_arn) return std::unexpected(role_arn.error());
  const bool own_key = has_own_key(profile);
  if (!*role_arn || (is_source && own_key)) return true;
  const ipc::Result<std::string> source = source_of(profile, **role_arn);
  if (!source) return std::unexpected(source.error());
  if (const ipc::Status added = add_role(profile, **role_arn); !added) return std::unexpected(added.error());
  next_ = *source;
  return *source == profile;
}

ipc::Result<ProfileChain> ChainWalk::walk() {
  while (true) {
    const ipc::Result<bool> at_base = step(std::string(next_));
    if (!at_base) return std::unexpected(at_base.error());
    if (*at_base) break;
  }
  std::ranges::reverse(chain_.roles);
  return std::move(chain_);
}

}  // namespace

ipc::Result<ProfileChain> walk_chain(const ProfileFiles& files, std::string_view profile) {
  return ChainWalk(files, profile).walk();
}

}  // namespace broker
