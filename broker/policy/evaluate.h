// Judges one question by one policy: pure; it knows no clock, file, descriptor or environment, and throws nothing.
//
// Runs in: broker, main thread, and the policy tools.   Blocks: never.
// Fails: never; what cannot be decided is a refusal with its reason.
// The first rule whose conditions all hold decides; where none does, the answer is deny with index -1.
// Source: sentinel-policy(5), "How a rule is chosen" and "Effects in each mode".
#pragma once

#include <string>
#include <string_view>

#include "policy/policy.h"
#include "policy/why_not.h"

namespace broker {

// How the reason begins where no rule holds, as the decision log has it.
inline constexpr std::string_view kNoMatchingRule = "no matching rule";
// The reason of a rule that denies and has none of its own: its name, which every sentence about it has already.
std::string reason_of_mute(std::string_view rule);

// With a trace, the rules that were passed over are written there, each with why.
Verdict evaluate(const Policy& policy, const PolicyQuery& query, Trace* trace = nullptr);

}  // namespace broker
