// A source that keeps its word: what it gives later must belong to whom the run began with. The policy, the log and the
// session's record know the run by the user and account of its first key, and a program of the user's, a metadata
// service or a login that another run renews could come with somebody else's.
//
// Runs in: broker, main thread.   Blocks: never.   Owns: the fetch under way and the call that asks STS.
// Fails: as the source; kRefused for another principal's keys, which are dropped: those that are there are used up.
#pragma once

#include "aws_call.h"
#include "key_fetch.h"
#include "run.h"

namespace broker {

// `context`, `sts` and `run` outlive every fetch. As long as the run's ARN is not known nothing is asked: the first
// key's owner is found out by whoever starts (startup.h).
[[nodiscard]] StartFetch of_same_principal(AwsContext& context, const AwsEndpoint& sts, const Run& run,
                                           StartFetch fetch);

}  // namespace broker
