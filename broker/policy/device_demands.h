// Holds what a rule demands of the device against what is known of it. Each demand is met, unmet or unknown.
//
// Runs in: broker, main thread, and the policy tools.   Blocks: never.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/policy.h"

namespace broker {

enum class Truth : std::uint8_t { kNo, kYes, kUnknown };

// One unmet demand is enough for kNo; else one that is unknown is enough for kUnknown.
Truth judge_device(const DeviceDemands& demands, const std::optional<Posture>& posture);
// The demand that decided, as a clause: "disk encryption is unknown"; empty when all are met.
std::string why_not(const DeviceDemands& demands, const std::optional<Posture>& posture);

// By segments between '.', '-' and '+': the digits with which each begins, as a number; none, or no segment, is 0.
std::strong_ordering compare_versions(std::string_view a, std::string_view b);

}  // namespace broker
