// Writes how much less than its role a rule issues, as AssumeRole is told: the session policy with the statements that
// are ours, its size, the text by which a cache tells narrowings apart, and whether a profile can be narrowed at all.
//
// Runs in: broker, main thread, and the policy tools.   Blocks: never.   Owns: nothing.
// Units: bytes, which are STS's characters, because the loader lets plain ASCII through and nothing else.
// Fails: kConfig when a rule narrows a profile that cannot be narrowed so.
// Source: docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: "The plaintext that you use for both inline
// and managed session policies can't exceed 2,048 characters" (Policy, PolicyArns); docs.aws.amazon.com/IAM/latest/
// UserGuide: access_policies.html (session policies: what they allow is a union, and is intersected with the role's),
// reference_policies_elements_condition_operators.html (keys that are absent), reference_policies_condition-keys.html.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/result.h"
#include "policy/policy.h"

namespace broker {

inline constexpr std::size_t kMaxSessionPolicy = 2048;  // inline document and managed ARNs together

// The one form that Narrowing::session_policy has: these two, and between them statements with commas.
inline constexpr std::string_view kSessionPolicyStart = R"({"Version":"2012-10-17","Statement":[)";
inline constexpr std::string_view kSessionPolicyEnd = "]}";

// AssumeRole's Policy; empty: none is needed. `hard_end` is the last second in which AWS still answers. A document of
// another form than the above becomes one that denies everything.
std::string session_policy_document(const Narrowing& narrowing, std::optional<std::chrono::sys_seconds> hard_end);

// What counts toward kMaxSessionPolicy, a hard end included where the rule has one.
std::size_t session_policy_size(const Narrowing& narrowing);

// Refuses when some rule with `restrict` can match the profile and the profile has no role: only a role's session can
// be narrowed; and when such a rule sets tags that the profile's last call does not take (KeySource::takes_tags).
ipc::Status check_profile_can_be_narrowed(const Policy& policy, std::string_view profile, bool has_role,
                                          bool takes_tags = true);

}  // namespace broker
