// The AWS keys of the caller's environment, which the supervisor hands over once the broker is locked down.
//
// Runs in: broker, at the start.   Blocks: until they have come, at most kPatience.
// Owns: the secrets, in wiped memory.   Fails: kProtocol where something else comes.
#pragma once

#include "credentials.h"
#include "ipc/channel.h"
#include "ipc/secret.h"

namespace broker {

struct CallerKeys {
  BaseKey key;                        // access_key_id empty: the environment has none
  ipc::SecretBuffer container_token;  // AWS_CONTAINER_AUTHORIZATION_TOKEN; empty: none
};

// Needs ipc::SecretArena to be open.
ipc::Result<CallerKeys> receive_caller_keys(ipc::Channel& control);

}  // namespace broker
