// The bounds of a run's durations and of its log: of the fields in messages.def, and so of what asks for them.
#pragma once

#include <cstdint>

#include "ipc/field_types.h"
#include "ipc/sts_limits.h"

namespace ipc {

// Of a profile's roles, how many `sentinel whoami` is told.
inline constexpr std::size_t kMostRolesTold = 64;

// Left out where the profile says how long its credentials live.
inline constexpr SecondsRange kIssuedFor{sts::kShortest.count(), sts::kLongestOfRole.count(), true};
inline constexpr SecondsRange kPolicyPoll{5, 3600};
inline constexpr SecondsRange kPolicyAge{0, 24 * 3600};
inline constexpr SecondsRange kRemembered{60, 12 * 3600};
// Bytes of a decision log, before a new file is begun.
inline constexpr std::uint64_t kSmallestLog = 1024 * 1024, kLargestLog = 16 * 1024 * kSmallestLog;

}  // namespace ipc
