// IAM policies as they are pasted into AWS's console: whole documents, indented, a statement a line where the broker
// made it.
//
// Runs in: supervisor.   Blocks: never.
// Trust: the broker's statements are JSON of its own; names become strings of JSON.
// Source: IAM User Guide, "Monitor and control actions taken with assumed roles", "Pass session tags in AWS STS".
#pragma once

#include <string>
#include <string_view>

#include "ipc/messages.h"

namespace supervisor {

// Of the role: who may assume it, and how.
std::string trust_policy(const ipc::WhoamiRole& role);
// For who assumes it.
std::string caller_policy(const ipc::WhoamiRole& role);
// For who reads policies from Parameter Store, in the region and the partition of the caller: ssm:GetParameter for one
// without a signature, ssm:GetParameters for one with it.
std::string parameter_policy(const ipc::Whoami& who);

// Whose permissions a caller has: of a session its role, without the path, which the session's ARN leaves out.
std::string holder_of_permissions(std::string_view caller_arn);

}  // namespace supervisor
