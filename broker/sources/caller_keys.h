// The AWS keys of the caller's environment, which the supervisor hands over once the broker is locked down.
//
// Owns: the secrets, in wiped memory; it moves and does not copy.
#pragma once

#include "aws/credentials.h"
#include "ipc/secret.h"

namespace broker {

struct CallerKeys {
  BaseKey key;                        // access_key_id empty: the environment has none
  ipc::SecretBuffer container_token;  // AWS_CONTAINER_AUTHORIZATION_TOKEN; empty: none
};

}  // namespace broker
