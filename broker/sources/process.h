// Fetches the keys that a program of the user's prints: credential_process of a profile. The supervisor runs it with
// the user's own environment; its output comes through a pipe that only the broker reads (keys/errands.h).
//
// Blocks: never.   Owns: the errand under way.
// Fails: with profile, file:line and the program's name, and never with what it printed.
// Source: docs.aws.amazon.com/sdkref, "Process credential provider"; botocore credentials.py, ProcessProvider.
#pragma once

#include <string>
#include <string_view>

#include "call/aws_call.h"
#include "keys/errands.h"
#include "keys/fetch.h"
#include "profile/plan.h"

namespace broker {

// Both references outlive the fetches.
StartFetch process_keys(AwsContext& context, ErrandDoer& errands, std::string profile, ProcessPlan plan);

// Version 1, whole and not ended at `now`; keys without Expiration end never. The sentence begins with a verb.
ipc::Result<IssuedCredentials> read_process_keys(std::string_view output, std::chrono::sys_seconds now);

// The first word of a command line, fit to be shown: arguments may be secret.
std::string program_of(std::string_view command);

}  // namespace broker
