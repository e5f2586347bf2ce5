// Policies that the tests sign themselves, and a verifier that believes their key.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "policy/source/verifier.h"
#include "signing_keys.h"
#include "text/hex.h"

namespace broker::testing {

inline const KeyPair& fleet_key() {
  static const KeyPair pair = make_rsa_pair(2048);
  return pair;
}

inline std::string sign(const std::string& name, std::uint64_t version, const std::string& text,
                        const KeyPair& pair = fleet_key()) {
  const SignedPolicy policy{name, version, sha256_hex(text)};
  const auto key = PrivateKey::from_pem(pair.secret, "key");
  return format_envelope({*key->sign(signed_message(policy)), key->fingerprint(), "2026-11-21T12:00:00Z", policy});
}

inline PolicyKey believed_key() {
  PolicyKey key;
  key.file = *PublicKey::from_pem(fleet_key().open, "fleet.pub");
  key.place = "fleet.pub";
  return key;
}

}  // namespace broker::testing
