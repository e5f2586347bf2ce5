// Keeps a role's credentials for the next run of the same user, where --cache asks for that: a run finds those that
// were issued under the very same terms, and else fetches and keeps its own. The policy is asked by each run all the
// same, and each writes its line; what is kept spares AssumeRole, and nothing else.
//
// The same terms: profile, chain of roles with all that they are assumed with, whose the first key is, the policy's
// hash, the rule, what it narrows, the lifetime. Never kept: what must end before AWS ends it (hard_expiry, an
// approval), what a session table must be able to revoke, and what no role of the profile gave.
// Any program that can write the file could have put credentials of its own there: they are used once AWS has said that
// they are the role's.
// Blocks: on the store, a small local file.   Owns: the fetch and the call under way.
// Fails: as the fetch. A store that cannot be read or written keeps nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "call/aws_call.h"
#include "decide/issue_terms.h"
#include "decide/run.h"
#include "keys/fetch.h"
#include "policy/policy.h"
#include "profile/resolve.h"
#include "sources/shared_sessions.h"

namespace broker {

// All outlive the fetches.
struct KeptKeysParts {
  AwsContext& context;
  const ResolvedProfile& profile;
  const Run& run;
  const SessionStore& store;
  std::function<void()> took;  // what was kept is used
};

// What the credentials of these terms are kept under; none: they are not.
[[nodiscard]] std::optional<SessionName> name_of_kept_keys(const ResolvedProfile& profile, const Run& run,
                                                           const IssueTerms& terms, const Verdict& verdict);
// Whether `arn`, an assumed role's, is a session of the role.
[[nodiscard]] bool is_session_of(std::string_view arn, std::string_view role_arn);

[[nodiscard]] StartFetch kept_or_fetched(const KeptKeysParts& parts, SessionName name, std::chrono::seconds granted,
                                         StartFetch fetch);

}  // namespace broker
