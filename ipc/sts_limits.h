// How long the credentials of AWS STS may live. Options, profiles, policies and requests are checked against these.
//
// Source: AWS STS API reference, AssumeRole and GetSessionToken (DurationSeconds); IAM User Guide, role chaining.
#pragma once

#include <chrono>

namespace ipc::sts {

inline constexpr std::chrono::seconds kShortest{900};
inline constexpr std::chrono::seconds kLongestOfRole{43200};      // where the role's maximum session duration allows it
inline constexpr std::chrono::seconds kLongestChained{3600};      // one role's credentials assume the next
inline constexpr std::chrono::seconds kLongestOfSession{129600};  // GetSessionToken

}  // namespace ipc::sts
