// A random key that lives in the kernel alone: in the keyring of the login that this run belongs to, until that login
// ends. What is sealed with it can be read by no backup, no other user and no later owner of the disk, nor by a command
// of ours, which gets a session keyring of its own. Where a login has none of its own (no pam_keyinit), it lies in the
// user's keyring, which each program of the same user can search, the command included.
//
// Runs in: broker, at the start, before the lock-down: its filter kills keyctl.   Blocks: never.   Owns: nothing.
// Fails: kSystem where the host has no keyrings for this process (many containers); the caller then keeps nothing.
// Source: keyctl(2), session-keyring(7), user-keyring(7), pam_keyinit(8).
#pragma once

#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

// Made where it is missing. Needs ipc::SecretArena to be open.
ipc::Result<ipc::SecretBuffer> login_keyring_key(const char* name);

}  // namespace broker
