// `sentinel keys rotate`: a new access key of the same IAM user in place of the stored one. At no moment, however it
// ends, is the stored key one that AWS does not take.
//
//   who is it    the old key names its user
//   create       the new key, in memory
//   store        the new key is in the store, and names the one that it replaces
//   prove        the new key names the same user
//   delete       the old key, by the new one
//   settle       the store forgets the old one
// A rotation that ended after `store` goes on at `prove` when it is started again. One that ended between `create` and
// `store` leaves a key in IAM whose secret is lost: the next one says so, with its id.
// Runs in: sentinel-keys.   Blocks: on AWS, the store, and up to kPatience for a new key to work.
// Fails: with what is where, and how to finish.
#pragma once

#include <chrono>
#include <string>

#include "tools/aws/key_process.h"
#include "tools/keys/opened_entry.h"

namespace broker {

struct Rotated {
  std::string old_id, new_id, arn;
};

inline constexpr std::chrono::milliseconds kProofPause{1000}, kProofPatience{60'000};

// `key` is the stored one, opened.
ipc::Result<Rotated> rotate_key(OpenedEntry& kept, BaseKey key, KeyProcess& aws);

}  // namespace broker
