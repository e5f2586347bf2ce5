// Who AWS says the base key belongs to, and which name policies know them by. Pure parsing of GetCallerIdentity's ARN.
//
// Blocks: never.   Fails: kProtocol for an ARN that is not one of the four kinds, or malformed.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace broker {

struct Principal {
  std::string arn, account;
  std::string type;  // user, root, assumed-role, federated-user
  // The name that policies compare, raw: never shortened or cleaned, because two people could then share one name.
  // Empty where the name in the ARN was chosen by the caller (a role's session name, a federated user's name): such a
  // name is no identity, and only rules without `users` can match. IAM Identity Center sets the session name itself,
  // in roles whose names it reserves (AWSReservedSSO_…), so there it counts. "root" is the account's root alone.
  std::string user;
};

// `account` as GetCallerIdentity says it beside the ARN; the two must agree.
ipc::Result<Principal> parse_principal(std::string_view arn, std::string_view account);

// A principal's ARN without the session name that ends that of an assumed role.
std::string_view without_session_name(std::string_view arn);

}  // namespace broker
