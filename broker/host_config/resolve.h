// The profiles of a host, resolved by the resolver that every run uses: one set of rules decides what a profile means.
//
// Runs in: sentinel-host.   Blocks: never: no key and no token is read, no program is run, AWS is not asked.
// Fails: with every mistake; `what` begins with "source:line".
#pragma once

#include <vector>

#include "host_config/config.h"
#include "profile/plan.h"
#include "yaml/mistakes.h"

namespace broker {

// One for each profile of the config, in its order. A profile with a credential is a StoredKeyPlan of its name. The
// policy's profile has a region, where AWS can be asked for the policy.
[[nodiscard]] Read<std::vector<ResolvedProfile>> resolve_host_profiles(const HostConfig& config);

}  // namespace broker
