// Says how long the credentials of an `explain`ed verdict would live, and what had to be assumed of a profile that the
// tool does not read. The rule itself is decide/lifetime.h's, the same that the broker asks.
//
// Runs in: sentinel-policy.   Blocks: never.   Units: whole seconds.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "decide/lifetime.h"
#include "ipc/result.h"

namespace broker {

// What is asked for, and of which kind of profile.
struct LifetimeWish {
  std::chrono::seconds wanted{0};  // 0: the mode's default
  KeySource source{.has_role = true};
  bool source_given = false;
};

struct ExpectedLifetime {
  ipc::Result<Lifetime> lifetime;
  std::vector<std::string> assumed;  // sentences without a full stop
};
// None where the verdict permits nothing. `policy` as a whole can refuse a profile that has no role.
std::optional<ExpectedLifetime> expected_lifetime(const Policy& policy, const PolicyQuery& query,
                                                  const Verdict& verdict, const LifetimeWish& wish);

// "AWS is asked for 15m; the credentials end at 2026-11-27T16:15:00Z if issued then"
std::string in_words(const Lifetime& lifetime, std::chrono::sys_seconds issued);

}  // namespace broker
