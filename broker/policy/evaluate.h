// Judges one question by one policy: pure; it knows no clock, file, descriptor or environment, and throws nothing.
//
// Runs in: broker, main thread, and the policy tools.   Blocks: never.
// Fails: never; what cannot be decided is a refusal with its reason.
// The first rule whose conditions all hold decides; where none does, the answer is deny with index -1.
// Source: sentinel-policy(5), "How a rule is chosen" and "Effects in each mode".
#pragma once

#include "policy/policy.h"
#include "policy/why_not.h"

namespace broker {

// With a trace, the rules that were passed over are written there, each with why.
Verdict evaluate(const Policy& policy, const PolicyQuery& query, Trace* trace = nullptr);

}  // namespace broker
