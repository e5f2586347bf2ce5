// Reads keys out of one JSON object: what a credential_process prints, and what the services of an instance and of a
// container answer. Strict: wrong types, a member twice, and bytes that fit no header are refused; unknown members are
// not looked at.
//
// Blocks: never.   Owns: nothing; what passes through ordinary memory is wiped there.
// Fails: kProtocol, and kUnavailable where there is no room for them; the sentence begins with a verb ("has no
// AccessKeyId"), says nothing of the source and quotes nothing.
// Source: docs.aws.amazon.com/sdkref, "Process credential provider"; AWSEC2 UserGuide, "Retrieve security
// credentials from instance metadata"; AmazonECS, "Task IAM role".
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "ipc/result.h"

namespace broker {

struct KeysJson {
  IssuedCredentials keys;     // no access_key_id: there are none in it; expiration is kNever where none is said
  bool version_1 = false;     // it has a Version, and that is the number 1
  std::string code, message;  // of a refusal; not yet fit to be shown
};

// `token`: the member with the session token. Where there are keys, they are whole: an id and a secret.
ipc::Result<KeysJson> read_keys_json(std::string_view json, std::string_view token);

// Keys that end this soon are not taken: nothing could be done with them.
inline constexpr std::chrono::seconds kTooLittleLife{15};
ipc::Status check_not_ended(const IssuedCredentials& keys, std::chrono::sys_seconds now);
// The same of a role's keys, which always have a `Token` and an end.
ipc::Status check_temporary(const IssuedCredentials& keys, std::chrono::sys_seconds now);

}  // namespace broker
