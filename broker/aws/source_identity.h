// The name that every role session carries in CloudTrail: sentinel.<user>.<direct or approval id>.<request id>
// At most 64 characters of what STS allows ([A-Za-z0-9_=,.@+-]), and different for different users.
//
// How a user is written: letters, digits and _ , @ + - stand for themselves, every other byte is =XX (upper-case hex).
// A user too long for its room is cut and ends in "==" and 16 hex digits of its SHA-256. That cannot be mistaken for a
// user written in full: there each '=' is followed by two hex digits, so "==" never occurs.
//
// Blocks: never.   Fails: kSystem when there is no randomness (an id that repeats would be worse), kConfig for a
// marker that is neither `direct` nor an approval id.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace broker {

inline constexpr std::size_t kMaxSourceIdentity = 64;
inline constexpr std::size_t kMaxEncodedUser = 37;  // 64 less "sentinel", three dots, 8 of marker and 8 of request id
inline constexpr std::string_view kDirect = "direct";

// Eight lower-case hex digits from the system's random numbers.
ipc::Result<std::string> new_request_id();

// The marker of an approval: the first 4 bytes of SHA-256 of its id (16 hex digits), as 8 hex digits.
ipc::Result<std::string> approval_marker(std::string_view approval_id);

// Empty for an empty user: a principal without a name of its own.
std::string encode_user(std::string_view user);

ipc::Result<std::string> format_source_identity(std::string_view user, std::string_view marker,
                                                std::string_view request_id);

// What each source identity of this user looks like to IAM's StringLike: "sentinel.marta.*".
std::string source_identity_pattern(std::string_view user);

// Starts with "sentinel-"; the encoded user, or the request id where there is no user.
std::string role_session_name(std::string_view user, std::string_view request_id);

}  // namespace broker
