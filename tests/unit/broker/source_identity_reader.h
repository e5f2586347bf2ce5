// Reads back a source identity, as somebody who looks at CloudTrail would: what was written is held against it.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "aws/source_identity.h"
#include "text/ascii.h"
#include "text/hex.h"

namespace broker {

struct SourceIdentityParts {
  std::string user;    // decoded; only the cut prefix when `user_is_cut`
  std::string marker;  // empty in the oldest colon form
  std::string request_id;
  bool user_is_cut = false;
  bool legacy = false;  // sentinel:<user>:[<marker>:]<request id>, as upstream wrote it
};

namespace source_identity_reader {

constexpr std::string_view kPrefix = "sentinel";
constexpr std::size_t kHashDigits = 16;
constexpr std::string_view kCutMark = "==";

inline bool stands_for_itself(char c) {
  return is_alphanumeric(c) || std::string_view("_,@+-").find(c) != std::string_view::npos;
}

// Written one way, read one way.
inline int upper_hex(char c) { return c >= 'a' ? -1 : hex_value(c); }

// The reverse of encode_user for a user written in full; nothing for what it would have written otherwise.
inline std::optional<std::string> decode_user(std::string_view text) {
  std::string user;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (stands_for_itself(text[i])) {
      user += text[i];
      continue;
    }
    if (text[i] != '=' || i + 2 >= text.size()) return std::nullopt;
    const int high = upper_hex(text[i + 1]), low = upper_hex(text[i + 2]);
    const char c = static_cast<char>(high * 16 + low);
    if (high < 0 || low < 0 || stands_for_itself(c)) return std::nullopt;
    user += c;
    i += 2;
  }
  return user;
}

inline bool is_marker(std::string_view marker) { return marker == kDirect || is_lower_hex(marker, 8); }

inline std::optional<SourceIdentityParts> parse_legacy(std::string_view text) {
  const auto parts = split(text, ':');
  if ((parts.size() != 3 && parts.size() != 4) || parts[0] != kPrefix || !is_lower_hex(parts.back(), 8))
    return std::nullopt;
  if (parts[1].empty() || parts[1].size() > 20 || !std::ranges::all_of(parts[1], is_alphanumeric)) return std::nullopt;
  if (parts.size() == 4 && !is_marker(parts[2])) return std::nullopt;
  return SourceIdentityParts{std::string(parts[1]), std::string(parts.size() == 4 ? parts[2] : ""),
                             std::string(parts.back()), false, true};
}

}  // namespace source_identity_reader

// Nothing for what neither we nor upstream would have written.
inline std::optional<SourceIdentityParts> parse_source_identity(std::string_view text) {
  using namespace source_identity_reader;
  if (text.find(':') != std::string_view::npos) return parse_legacy(text);
  const auto parts = split(text, '.');
  if (text.size() > kMaxSourceIdentity || parts.size() != 4 || parts[0] != kPrefix) return std::nullopt;
  if (!is_marker(parts[2]) || !is_lower_hex(parts[3], 8) || parts[1].size() > kMaxEncodedUser) return std::nullopt;
  std::string_view name = parts[1];
  const std::size_t mark = name.find(kCutMark);
  const bool cut = mark != std::string_view::npos;
  if (cut && !is_lower_hex(name.substr(mark + kCutMark.size()), kHashDigits)) return std::nullopt;
  auto user = decode_user(name.substr(0, mark));
  if (!user) return std::nullopt;
  return SourceIdentityParts{std::move(*user), std::string(parts[2]), std::string(parts[3]), cut, false};
}

}  // namespace broker
