// Checks that keys fetched later belong to the same AWS principal as the run's first key; refuses others. The policy,
// the log and the session's record know the run by the user and account of its first key, and a program of the user's,
// a metadata service or a login that another run renews could come with somebody else's.
//
// Blocks: never.   Owns: the fetch under way and the call that asks STS.
// Fails: as the source; kRefused for another principal's keys, which are dropped: those that are there are used up.
#pragma once

#include "aws/principal.h"
#include "call/aws_call.h"
#include "keys/fetch.h"

namespace broker {

// The name of a role's session may change: it is the caller's own choice, and policies do not look at it.
[[nodiscard]] bool is_same_principal(const Principal& one, const Principal& other);

// `context`, `sts` and `principal` outlive every fetch. While its ARN is empty nothing is asked: the start of a run
// finds out whose the first key is, and writes it there.
[[nodiscard]] StartFetch of_same_principal(AwsContext& context, const AwsEndpoint& sts, const Principal& principal,
                                           StartFetch fetch);

}  // namespace broker
