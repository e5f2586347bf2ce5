// Reads and judges what a token vending machine answers: keys, or why not. Asks nothing.
//
// Blocks: never.   Owns: nothing; keys pass through memory that is wiped.
// Fails: by remote/errors.def. An answer that is not wholly as it must be is refused (kProtocol), never mended.
// Source: remote/errors.def; API Gateway's own refusals, {"message": "Forbidden"}, which say nothing else.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "call/aws_call.h"
#include "ipc/result.h"
#include "remote/server.h"

namespace broker {

// No keys are good for longer: AWS issues none, and a server's clock may be this much before ours.
inline constexpr std::chrono::hours kLongestRemote{12};
inline constexpr std::chrono::minutes kRemoteSkew{5};

// `server`: its name, for the sentence.
ipc::Result<IssuedCredentials> read_remote_keys(std::string_view body, std::string_view server,
                                                std::chrono::sys_seconds now);

AwsFailure read_remote_failure(const HttpAnswer& answer);

// Whether the server has taken back what this run may ask at all.
bool ends_for_good(const AwsFailure& failure);

// The sentence for the user: who, the code, what it means, what the server says itself; and the fault that decides
// what the client is told.
ipc::Error remote_error(const RemoteServer& server, const AwsFailure& failure);

}  // namespace broker
