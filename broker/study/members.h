// A rule in words, member by member, as `explain` shows it and `diff` compares it.
//
// Runs in: sentinel-policy.   Blocks: never.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policy/policy.h"

namespace broker {

using Members = std::vector<std::pair<std::string, std::string>>;  // key as in the file, value in words

// Everything but the name; what a rule leaves out is left out.
Members members_of(const Rule& rule);
Members members_of(const Narrowing& narrowing);

// As people write them, not as Go prints them (20m0s): 90s, 20m, 1h, 1h30m.
std::string in_words(std::chrono::seconds length);

}  // namespace broker
