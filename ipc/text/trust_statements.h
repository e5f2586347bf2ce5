// The IAM statements that let a caller assume a role for Sentinel, as JSON that is ready to paste: one policy for the
// role's trust, one for the caller.
//
// Runs in: supervisor, broker.   Blocks: never.
// Trust: the ARNs come from AWS and from a profile; they are written as strings of JSON.
// Source: IAM User Guide, "Monitor and control actions taken with assumed roles", "Pass session tags in AWS STS", "How
// to use external ID". Only AssumeRole is asked for the external id, so the other actions stand in a statement without
// it.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ipc {

struct RoleToAssume {
  std::string caller_arn;  // as GetCallerIdentity says it, or the role before this one in a chain
  std::string role_arn;
  std::string external_id;  // empty: none is sent
  bool source_identity = true;
  bool tags = false;
};

// Indented by two blanks a level, each line ended.
std::string trust_policy_of(const RoleToAssume& role);
std::string caller_policy_for(const RoleToAssume& role);

// To read policies from Parameter Store: ssm:GetParameter for one without a signature, ssm:GetParameters for one with
// it.
std::string read_parameters_policy(std::span<const std::string> parameter_arns);

// Of a session of a role, "arn:aws:iam::111122223333:role/NAME" as far as the session's ARN tells: IAM leaves the path
// out. Of any other caller the ARN itself.
std::string holder_of_permissions(std::string_view caller_arn);

}  // namespace ipc
