// A resolved profile, or its refusal, as lines of text without a secret: what the corpus of profiles expects, and what
// the comparison with botocore reads. Secrets appear as the first half of their SHA-256.
#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "profile/resolve.h"

namespace test {

inline std::string fingerprint(const ipc::SecretBuffer& secret) {
  if (secret.empty()) return "none";
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(secret.reveal().data()), secret.size(), digest.data());
  std::string hex;
  for (std::size_t i = 0; i < digest.size() / 2; ++i) {
    std::array<char, 3> two{};
    std::snprintf(two.data(), two.size(), "%02x", digest[i]);
    hex += two.data();
  }
  return hex;
}

inline std::string or_none(std::string_view text) { return text.empty() ? "none" : std::string(text); }

inline std::string endpoint_text(const broker::AwsEndpoint& endpoint) {
  return endpoint.url.empty() ? "none" : endpoint.url + " " + endpoint.signing_region;
}

// One line, the source's word first; what is not set is "none".
struct BaseText {
  std::string operator()(const broker::StaticKeyPlan& plan) const {
    return "key " + plan.key.access_key_id + " " + fingerprint(plan.key.secret_access_key) + " " +
           fingerprint(plan.key.session_token);
  }
  std::string operator()(const broker::EnvironmentKeyPlan& plan) const { return "environment " + plan.place; }
  std::string operator()(const broker::StoredKeyPlan& plan) const { return "store " + plan.name; }
  std::string operator()(const broker::ProcessPlan& plan) const { return "process " + plan.command; }
  std::string operator()(const broker::WebIdentityPlan& plan) const {
    return "web_identity " + plan.role_arn + " " + or_none(plan.session_name) + " " + plan.profile + " " +
           (plan.token_file.empty() ? "process " + plan.token_process : "file " + plan.token_file);
  }
  std::string operator()(const broker::SsoPlan& plan) const {
    std::string scopes;
    for (const std::string& scope : plan.scopes) scopes += " " + scope;
    return "sso " + or_none(plan.session) + " " + plan.start_url + " " + plan.region + " " + plan.account_id + " " +
           plan.role_name + "\nscopes" + scopes + "\noidc " + endpoint_text(plan.oidc) + "\nportal " +
           endpoint_text(plan.portal);
  }
  std::string operator()(const broker::LoginPlan& plan) const {
    return "login " + plan.session + "\nsignin " + endpoint_text(plan.sign_in);
  }
  std::string operator()(const broker::InstancePlan& plan) const { return "instance " + plan.url; }
  std::string operator()(const broker::ContainerPlan& plan) const {
    return "container " + plan.url + " " + or_none(plan.token_file);
  }
};

inline std::string role_text(const broker::RoleStep& role) {
  std::string text = "role " + role.role_arn + " " + or_none(role.external_id) + " " +
                     std::to_string(role.duration.count()) + " " + role.profile + "\n";
  if (!role.session_name.empty()) text += "session " + role.session_name + "\n";
  for (const auto& [key, value] : role.tags) text += "tag " + key + "=" + value + "\n";
  for (const std::string& key : role.transitive_tags) text += "transitive " + key + "\n";
  return text;
}

inline std::string profile_text(const ipc::Result<broker::ResolvedProfile>& profile) {
  if (!profile) return "refused " + profile.error().what + "\nnext " + profile.error().next_step + "\n";
  std::string text = "region " + or_none(profile->region) + "\nbase " + profile->base_profile + "\n";
  text += std::visit(BaseText{}, profile->base) + "\n";
  if (profile->mfa) {
    text += "mfa " + profile->mfa->serial + " " + profile->mfa->profile + " " + or_none(profile->mfa->process) + "\n";
  }
  for (const broker::RoleStep& role : profile->chain) text += role_text(role);
  text += "sts " + endpoint_text(profile->sts) + "\nssm " + endpoint_text(profile->ssm) + "\n";
  if (!profile->ca_bundle.empty()) text += "ca_bundle " + profile->ca_bundle + "\n";
  for (const std::string& warning : profile->warnings) text += "warning " + warning + "\n";
  return text;
}

}  // namespace test
