// Reads an instant as a person writes it: "2026-01-31T12:00:00+01:00", or "2026-01-31 12:00" by the host's own clock.
//
// Runs in: sentinel-policy.   Blocks: on zone files.
// Fails: kUsage; a local time that the clocks skip or show twice is refused, because it does not say which is meant.
// Source: RFC 3339 5.6 for the first form; fractions of a second are refused.
#pragma once

#include <chrono>
#include <string_view>

#include "ipc/result.h"

namespace broker {

ipc::Result<std::chrono::sys_seconds> parse_moment(std::string_view text);

}  // namespace broker
