// The STS actions that the broker uses: builds their requests, reads their answers. No I/O of its own.
//
// Blocks: never.
// Fails: kProtocol for an answer that is not the action's; kConfig for a request that STS could only refuse.
// Source: docs.aws.amazon.com/STS/latest/APIReference (2011-06-15); API_AssumeRole.html, Tags, on the case of keys.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "call/aws_call.h"
#include "ipc/result.h"
#include "services/trust_statements.h"

namespace broker {

struct CallerIdentity {
  std::string arn, account, user_id;
};

// How much less than the role a session may do; empty members are not sent.
struct NarrowedSession {
  std::string policy;                                     // Policy, a JSON document
  std::vector<std::string> policy_arns;                   // PolicyArns
  std::vector<std::pair<std::string, std::string>> tags;  // Tags; not transitive: nothing is chained after us
};

struct AssumeRoleTerms {
  std::string role_arn, session_name;
  std::string source_identity;  // empty: not sent
  std::string external_id;      // empty: not sent
  std::chrono::seconds duration{0};
  NarrowedSession narrowing{};
  // The profile's. A rule's tag of the same key, case aside, takes the place of one of these.
  std::vector<std::pair<std::string, std::string>> tags{};
  std::vector<std::string> transitive_tags{};
};

AwsRequest get_caller_identity(const AwsEndpoint& endpoint);
AwsRequest assume_role(const AwsEndpoint& endpoint, const AssumeRoleTerms& terms);
// Unsigned: the token is what proves the caller. It takes no source identity, external id or tags, so those of `terms`
// are not looked at. The token stands in the body, which the broker's heap wipes (host/wiping_heap.h).
AwsRequest assume_role_with_web_identity(const AwsEndpoint& endpoint, const AssumeRoleTerms& terms,
                                         std::string_view token);
struct MfaCode {
  std::string serial, code;  // empty: none is sent
};
AwsRequest get_session_token(const AwsEndpoint& endpoint, std::chrono::seconds duration, const MfaCode& mfa = {});

ipc::Result<CallerIdentity> read_caller_identity(std::string_view body);
// `action`: AssumeRole, AssumeRoleWithWebIdentity or GetSessionToken. The role, which only the caller knows, stays
// empty; the source identity is what AssumeRole says that the session has.
ipc::Result<IssuedCredentials> read_credentials(std::string_view action, std::string_view body);
AwsFailure read_sts_failure(const HttpAnswer& answer);

// The action that a denial names, as "sts:SetSourceIdentity"; empty where it names none, as one with an encoded
// message.
std::string_view denied_action(const AwsFailure& failure);
// Whether AssumeRole was denied because nothing allows sts:SetSourceIdentity, and for no other reason that AWS says. A
// policy that forbids it is another reason: leaving the name out must not lead around it.
bool lacks_source_identity_alone(const AwsFailure& failure);

// What the user can do about a refusal. `needs`: what the role's trust policy must hold; null: not known.
std::string sts_next_step(std::string_view action, const AwsFailure& failure, const TrustNeeds* needs = nullptr);

}  // namespace broker
