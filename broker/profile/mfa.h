// The MFA device that a profile's chain begins with.
//
// A device's code makes one session of a long-term key, and every role is assumed from that: so the device may stand in
// the profile of the first role or in that of the key, and nowhere later, where the caller is a role already.
// Runs in: broker, at the start, and sentinel-profiles.   Blocks: never.
// Fails: kConfig with file:line.
// Source: aws-vault (sessions by GetSessionToken); botocore sends the code with AssumeRole instead.
#pragma once

#include <optional>

#include "ipc/result.h"
#include "profile/chain.h"
#include "profile/files.h"
#include "profile/plan.h"

namespace broker {

// `temporary`: the key that the chain begins with is known to be one already.
[[nodiscard]] ipc::Result<std::optional<MfaPlan>> plan_mfa(const ProfileFiles& files, const ProfileChain& chain,
                                                           bool temporary);

}  // namespace broker
