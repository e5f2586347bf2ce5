// How the credentials of a role are named among the kept sessions (sources/shared_sessions.h): by a digest of all that
// they were issued under, and for people by the role and the profile.
//
// Blocks: never.
#pragma once

#include <string>
#include <string_view>

#include "sources/shared_sessions.h"

namespace broker {

// No access key has such an id.
inline constexpr std::string_view kTermsMark = "terms:";

// `digest`: of the terms. Role names have no blank in them; a profile's may.
inline SessionName role_keys_name(std::string_view digest, std::string_view role_arn, std::string_view profile,
                                  std::chrono::seconds granted) {
  return {std::string(kTermsMark).append(digest), std::string(role_arn).append(" ").append(profile), granted};
}
inline std::string role_keys_role(const SessionName& name) { return name.serial.substr(0, name.serial.find(' ')); }
inline std::string role_keys_profile(const SessionName& name) {
  const std::size_t blank = name.serial.find(' ');
  return blank == std::string::npos ? "" : name.serial.substr(blank + 1);
}

}  // namespace broker
