#include "profile/chain.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "profile/role.h"

namespace broker {
namespace {

// What makes a profile's own answer to the question whose credentials it gives.
constexpr std::string_view kSourceKeys[] = {"role_arn",
                                            "source_profile",
                                            "credential_source",
                                            "aws_access_key_id",
                                            "aws_secret_access_key",
                                            "credential_process",
                                            "web_identity_token_file",
                                            "web_identity_token_process",
                                            "sso_session",
                                            "sso_account_id",
                                            "sso_role_name",
                                            "login_session"};

class ChainWalk {
 public:
  ChainWalk(const ProfileFiles& files, std::string_view name, const StoredKeys& stored)
      : files_(files), stored_(stored), next_(name) {}

  ipc::Result<ProfileChain> walk();

 private:
  ipc::Result<bool> step(const std::string& profile);
  ipc::Result<bool> take_role(const std::string& profile, const PlacedText& role_arn);
  ipc::Result<std::string> source_of(const std::string& profile, const PlacedText& role_arn) const;
  ipc::Result<bool> by_web_identity(const std::string& profile) const;
  bool has_own_key(const std::string& profile) const;
  bool in_store(const std::string& profile) const { return stored_ && stored_(profile); }

  const ProfileFiles& files_;
  const StoredKeys& stored_;
  std::string next_;
  ProfileChain chain_;
};

// As botocore: half a key counts, and is refused when it is read.
bool ChainWalk::has_own_key(const std::string& profile) const {
  return files_.has(profile, "aws_access_key_id") || files_.has(profile, "aws_secret_access_key");
}

// Then role_arn is the role that the token assumes, and no link of the chain.
ipc::Result<bool> ChainWalk::by_web_identity(const std::string& profile) const {
  if (files_.has(profile, "web_identity_token_file")) return true;
  if (!files_.has(profile, "web_identity_token_process")) return false;
  for (const std::string_view other : {"source_profile", "credential_source"}) {
    if (!files_.has(profile, other)) continue;
    return refuse_at(files_.place_of(profile, other),
                     "profile '" + profile + "' has both " + std::string(other) + " and web_identity_token_process",
                     "keep the one that role_arn is to be assumed with");
  }
  return true;
}

ipc::Result<std::string> ChainWalk::source_of(const std::string& profile, const PlacedText& role_arn) const {
  const MaybeText source = files_.text(profile, "source_profile");
  if (!source) return std::unexpected(source.error());
  if (!*source || (*source)->text.empty()) {
    if (!*source && in_store(profile)) return profile;
    return refuse_at(role_arn.place,
                     "profile '" + profile + "' has a role_arn but neither source_profile nor credential_source",
                     "add source_profile = the profile whose key assumes the role; it may name itself");
  }
  const std::string& name = (*source)->text;
  if (!files_.has(name) && !in_store(name)) return std::unexpected(files_.missing(name, (*source)->place));
  const bool itself = name == profile && (has_own_key(profile) || in_store(profile));
  if (std::ranges::find(chain_.visited, name) != chain_.visited.end() && !itself) {
    std::string loop = "source_profile goes round in a loop: ";
    for (const std::string& link : chain_.visited) loop += link + " → ";
    return refuse_at((*source)->place, loop + name, "let the last profile name one with an access key");
  }
  return name;
}

// True where the chain ends here: with credential_source, or with the profile's own key.
ipc::Result<bool> ChainWalk::take_role(const std::string& profile, const PlacedText& role_arn) {
  MaybeText named = files_.text(profile, "credential_source");
  if (!named) return std::unexpected(std::move(named).error());
  if (*named && files_.has(profile, "source_profile")) {
    return refuse_at((*named)->place, "profile '" + profile + "' has both source_profile and credential_source",
                     "keep the one that the role is to be assumed with");
  }
  ipc::Result<std::string> source = *named ? ipc::Result<std::string>(profile) : source_of(profile, role_arn);
  if (!source) return std::unexpected(std::move(source).error());
  ipc::Result<RoleStep> role = read_role(files_, profile, role_arn);
  if (!role) return std::unexpected(std::move(role).error());
  chain_.roles.push_back(std::move(*role));
  chain_.credential_source = std::move(*named);
  next_ = std::move(*source);
  return next_ == profile;
}

// One link; true when it is the last. A source profile with a key is the base even where it also names a role, as in
// botocore; only the profile that was asked for assumes its role with its own key.
ipc::Result<bool> ChainWalk::step(const std::string& profile) {
  const bool is_source = !chain_.visited.empty();
  chain_.visited.push_back(profile);
  if (const ipc::Status sound = files_.check_includes(profile); !sound) return std::unexpected(sound.error());
  const MaybeText role_arn = files_.text(profile, "role_arn");
  if (!role_arn) return std::unexpected(role_arn.error());
  if (!*role_arn || (is_source && has_own_key(profile))) return true;
  const ipc::Result<bool> token = by_web_identity(profile);
  if (!token) return token;
  return *token ? true : take_role(profile, **role_arn);
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

ipc::Result<ProfileChain> walk_chain(const ProfileFiles& files, std::string_view profile, const StoredKeys& stored) {
  return ChainWalk(files, profile, stored).walk();
}

std::string place_of_source(const ProfileFiles& files, std::string_view profile) {
  for (const std::string_view key : kSourceKeys) {
    if (files.has(profile, key)) return files.place_of(profile, key);
  }
  return "";
}

}  // namespace broker
