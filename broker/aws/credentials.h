// The two kinds of keys that the broker holds: what it starts from, and what STS issued. Data, no behaviour.
//
// Owns: the secrets, in wiped memory; both types move and do not copy.
#pragma once

#include <chrono>
#include <string>

#include "ipc/secret.h"

namespace broker {

// The key that a profile begins with. Never leaves the broker; only a signer reads it.
struct BaseKey {
  std::string access_key_id;  // not secret; error sentences name it
  ipc::SecretBuffer secret_access_key;
  ipc::SecretBuffer session_token;  // empty for a long-term key
};

// Keys that STS issued: for the command, or to sign the next call with.
struct IssuedCredentials : BaseKey {
  std::chrono::sys_seconds expiration{};
  std::string source_identity;  // what the last AssumeRole was stamped with; empty after GetSessionToken
  std::string role_arn;         // empty after GetSessionToken
  std::string unnamed{};        // which roles were assumed without a source identity, and why; empty: none was
  std::string principal{};      // ARN, where AWS has said it of these very keys; empty: as of the key they come from
};

// The end of keys that have none.
inline constexpr std::chrono::sys_seconds kNever = std::chrono::sys_days(std::chrono::year(9999) / 1 / 1);

}  // namespace broker
