// Tells whether a name is one that a rule's list means.
//
// Runs in: broker, main thread, and the policy tools.   Blocks: never.
// Units: bytes; a '?' stands for one byte, names of AWS and Unix being ASCII.
#pragma once

#include <string_view>

#include "policy/policy.h"

namespace broker {

[[nodiscard]] bool matches(const NamePattern& pattern, std::string_view name);

}  // namespace broker
