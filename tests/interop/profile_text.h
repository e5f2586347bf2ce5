// A resolved profile, or its refusal, as lines of text without a secret: what the corpus of profiles expects, and what
// the comparison with botocore reads. Secrets appear as the first half of their SHA-256.
#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "profile.h"

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

// Other sources than a static key add theirs here.
inline std::string base_text(const broker::BasePlan& plan) {
  const auto* own = std::get_if<broker::StaticKeyPlan>(&plan);
  if (!own) return "source " + std::string(broker::source_row(broker::kind_of(plan)).word) + "\n";
  return "key " + own->key.access_key_id + " " + fingerprint(own->key.secret_access_key) + " " +
         fingerprint(own->key.session_token) + "\n";
}

inline std::string profile_text(const ipc::Result<broker::ResolvedProfile>& profile) {
  if (!profile) return "refused " + profile.error().what + "\nnext " + profile.error().next_step + "\n";
  std::string text = "region " + or_none(profile->region) + "\nbase " + profile->base_profile + "\n";
  text += base_text(profile->base);
  for (const broker::RoleStep& role : profile->chain) {
    text += "role " + role.role_arn + " " + or_none(role.external_id) + " " + std::to_string(role.duration.count()) +
            " " + role.profile + "\n";
  }
  text += "sts " + endpoint_text(profile->sts) + "\nssm " + endpoint_text(profile->ssm) + "\n";
  if (!profile->ca_bundle.empty()) text += "ca_bundle " + profile->ca_bundle + "\n";
  for (const std::string& warning : profile->warnings) text += "warning " + warning + "\n";
  return text;
}

}  // namespace test
