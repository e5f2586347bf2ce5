// A random key that lives in the kernel alone: in the user's own keyring, until the last session of the user ends or
// the machine does. What is sealed with it can be read by no backup, no other user and no later owner of the disk;
// programs of the same user can find the key, as they can find whatever is the user's.
//
// Runs in: broker, at the start, before the lock-down: its filter kills keyctl.   Blocks: never.   Owns: nothing.
// Fails: kSystem where the host has no keyrings for this process (many containers); the caller then keeps nothing.
// Source: keyctl(2), user-keyring(7).
#pragma once

#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

// Made where it is missing. Needs ipc::SecretArena to be open.
ipc::Result<ipc::SecretBuffer> user_keyring_key(const char* name);

}  // namespace broker
