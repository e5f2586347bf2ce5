#include "aws/source_identity.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "host/random.h"
#include "text/ascii.h"
#include "text/hex.h"

namespace broker {
namespace {

constexpr std::string_view kPrefix = "sentinel";
constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kHashDigits = 16;
constexpr std::string_view kCutMark = "==";

bool stands_for_itself(char c) {
  return is_alphanumeric(c) || std::string_view("_,@+-").find(c) != std::string_view::npos;
}

std::string hash_digits(std::string_view text) { return sha256_hex(text).substr(0, kHashDigits); }

// Written one way, read one way.
int upper_hex(char c) { return c >= 'a' ? -1 : hex_value(c); }

// The reverse of encode_user for a user written in full; nothing for what it would have written otherwise.
std::optional<std::string> decode_user(std::string_view text) {
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

bool is_marker(std::string_view marker) { return marker == kDirect || is_lower_hex(marker, 8); }

std::optional<SourceIdentity> parse_legacy(std::string_view text) {
  const auto parts = split(text, ':');
  if ((parts.size() != 3 && parts.size() != 4) || parts[0] != kPrefix || !is_lower_hex(parts.back(), 8))
    return std::nullopt;
  if (parts[1].empty() || parts[1].size() > 20 || !std::ranges::all_of(parts[1], is_alphanumeric)) return std::nullopt;
  if (parts.size() == 4 && !is_marker(parts[2])) return std::nullopt;
  return SourceIdentity{std::string(parts[1]), std::string(parts.size() == 4 ? parts[2] : ""),
                        std::string(parts.back()), false, true};
}

}  // namespace

// Ids are no secret: they may be drawn from a stock, which saves a system call for each answer.
ipc::Result<std::string> new_request_id() {
  static std::array<unsigned char, 256> stock;
  static std::span<const unsigned char> left;
  if (left.size() < kIdBytes) {
    if (!fill_with_random(stock)) {
      return ipc::fail(ipc::Fault::kSystem, "the system gave no random numbers for a request id");
    }
    left = stock;
  }
  const auto bytes = left.first(kIdBytes);
  left = left.subspan(kIdBytes);
  return hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

ipc::Result<std::string> approval_marker(std::string_view approval_id) {
  if (!is_lower_hex(approval_id, 16)) {
    return ipc::fail(ipc::Fault::kConfig, "an approval's id has 16 hex digits, and this one has not");
  }
  return hash_digits(approval_id).substr(0, 8);
}

std::string encode_user(std::string_view user) {
  std::string whole, prefix;  // prefix: as many complete characters as fit beside the mark and the hash
  for (const char c : user) {
    if (stands_for_itself(c)) {
      whole += c;
    } else {
      append_upper_hex(whole += '=', c);
    }
    if (whole.size() + kCutMark.size() + kHashDigits <= kMaxEncodedUser) prefix = whole;
  }
  if (whole.size() <= kMaxEncodedUser) return whole;
  return (prefix += kCutMark) += hash_digits(user);
}

ipc::Result<std::string> format_source_identity(std::string_view user, std::string_view marker,
                                                std::string_view request_id) {
  if (!is_marker(marker) || !is_lower_hex(request_id, 8)) {
    return ipc::fail(ipc::Fault::kConfig, "a source identity needs 'direct' or an approval id of 8 hex digits");
  }
  std::string text(kPrefix);
  ((text += '.') += encode_user(user)) += '.';
  return ((text += marker) += '.') += request_id;
}

std::string role_session_name(std::string_view user, std::string_view request_id) {
  const std::string encoded = encode_user(user);
  return std::string(kPrefix) + '-' + (encoded.empty() ? std::string(request_id) : encoded);
}

std::optional<SourceIdentity> parse_source_identity(std::string_view text) {
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
  return SourceIdentity{std::move(*user), std::string(parts[2]), std::string(parts[3]), cut, false};
}

}  // namespace broker
