// A long-term key before it is put away: asked for, looked at, and shown to AWS.
//
// Runs in: sentinel-keys.   Blocks: until the user has answered; owner_of_new_key() until AWS has, or cannot be asked.
// Fails: kUsage for what cannot be a long-term key. Nothing is stored then.
// Source: IAM API reference, AccessKey (an id has 16 to 128 word characters); IAM user guide, "IAM identifiers", for
// what the first four of them say.
#pragma once

#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "ipc/result.h"
#include "tools/aws/key_process.h"
#include "tools/keys/prompt.h"

namespace broker {

ipc::Result<BaseKey> ask_new_key(KeyPrompt& prompt);

// Not a temporary key, and not the id of something else.
ipc::Status check_long_term(std::string_view access_key_id);

// The ARN of the user whose key AWS says it is. That AWS does not take it, and that AWS could not be asked, are two
// sentences.
ipc::Result<std::string> owner_of_new_key(KeyProcess& aws, const BaseKey& key);
// The second half of it: what is told where AWS gave `error`.
ipc::Error why_not_taken(std::string_view access_key_id, const ipc::Error& error);

}  // namespace broker
