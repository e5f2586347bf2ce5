// Judges one question by one policy: pure; it knows no clock, file, descriptor or environment, and throws nothing.
//
// Runs in: broker, main thread, and the policy tools.   Blocks: never.
// Fails: never; what cannot be decided is a refusal with its reason.
// Source: SPEC 2.2 (effects), 2.4 (first rule whose conditions all hold decides; no rule: deny, index -1).
#pragma once

#include "policy.h"
#include "policy_trace.h"

namespace broker {

// With a trace, the rules that were passed over are written there, each with why.
Verdict evaluate(const Policy& policy, const PolicyQuery& query, Trace* trace = nullptr);

}  // namespace broker
