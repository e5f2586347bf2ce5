// What the user can do about a call that AWS refused, as far as it follows from AWS's own words, whichever service was
// asked. What is particular to a service stands with it (services/).
//
// Blocks: never.
// Source: docs.aws.amazon.com, "Common errors" of the API references of STS, SSM and KMS; IAM User Guide, "Troubleshoot
// access denied error messages".
#pragma once

#include <string>

#include "call/retry.h"

namespace broker {

// "AccessDenied: User … is not authorized", with what of it there is; never empty.
[[nodiscard]] std::string words_of(const AwsFailure& failure);

// Empty where the words are a service's own, or say nothing.
[[nodiscard]] std::string next_step_after(const AwsFailure& failure);

// Which kind of policy a denial names, and who can change it; empty where it names none.
[[nodiscard]] std::string way_past_denial(const AwsFailure& failure);

}  // namespace broker
