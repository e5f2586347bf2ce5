// Checks what the parts of an access key look like, whichever source gives it: they go into headers, JSON and the log.
//
// Blocks: never.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "text/ascii.h"

namespace broker {

inline constexpr std::size_t kMaxKeySecret = 256;   // AWS's have 40 characters
inline constexpr std::size_t kMaxKeyToken = 12288;  // AWS promises no limit; known ones stay under 4096

// Shown, and put into headers. AWS's have 20 characters; its API reference allows 128.
constexpr bool is_access_key_id(std::string_view id) {
  return id.size() >= 4 && id.size() <= 128 &&
         std::ranges::all_of(id, [](char c) { return is_alphanumeric(c) || c == '_'; });
}

// What is wrong with a key's part that a person or a CI system set: a clause that begins with a verb and quotes
// nothing; empty where it can be one.
std::string_view fault_of_key_text(std::string_view text);

}  // namespace broker
