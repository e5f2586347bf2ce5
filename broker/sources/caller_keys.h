// The AWS keys of the caller's environment, which the supervisor hands over once the broker is locked down.
//
// Owns: the secrets, in wiped memory; it moves and does not copy.
#pragma once

#include <string>

#include "aws/credentials.h"
#include "ipc/secret.h"

namespace broker {

struct CallerKeys {
  BaseKey key;                        // access_key_id empty: the environment has none
  ipc::SecretBuffer container_token;  // AWS_CONTAINER_AUTHORIZATION_TOKEN; empty: none
  std::string too_long{};             // names of those that are longer than any that AWS gives, divided by blanks
};

}  // namespace broker
