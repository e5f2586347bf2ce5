// Writes bytes as base64, and reads them back.
//
// Runs in: broker, sentinel-policy.   Blocks: never.   Source: RFC 4648 4; base64url: RFC 4648 5, without padding.
// Fails: from_base64 and from_base64url for anything but the standard alphabet, padded, in one line, without stray
// bits: a signature has one form.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace broker {

inline constexpr std::size_t kMaxBase64 = 16 * 1024;  // read at most

std::string base64(std::string_view bytes);
std::string base64url(std::string_view bytes);
ipc::Result<std::string> from_base64url(std::string_view text);
ipc::Result<std::string> from_base64(std::string_view text);

}  // namespace broker
