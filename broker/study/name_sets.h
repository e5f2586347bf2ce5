// Sets of names as rules describe them (these patterns, but not those), and what can be proven of two such sets. Globs
// are compared exactly, by following all patterns at once through every text that they tell apart.
//
// Runs in: sentinel-policy.   Blocks: never.
// Fails: kUnsure when the patterns are too many or too long to be followed; never a wrong yes or no.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace broker {

enum class Proof { kYes, kNo, kUnsure };

// A name belongs to the set when `in` is empty or lists it, and `out` does not list it.
struct NameSet {
  std::vector<NamePattern> in, out;
  bool unknown = true;  // whether somebody of whom nothing is known belongs to it, too
};

[[nodiscard]] bool takes(const NameSet& set, const std::string& name);
// Every name of `inner` is one of `outer`.
[[nodiscard]] Proof covers(const NameSet& outer, const NameSet& inner);
[[nodiscard]] Proof share(const NameSet& one, const NameSet& other);
[[nodiscard]] Proof is_empty(const NameSet& set);

// The set of names that `patterns` match, and those of one pattern.
inline NameSet names_of(std::vector<NamePattern> patterns) { return {std::move(patterns), {}, false}; }

}  // namespace broker
