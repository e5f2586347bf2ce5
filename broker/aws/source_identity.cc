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

bool is_marker(std::string_view marker) { return marker == kDirect || is_lower_hex(marker, 8); }

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

std::string source_identity_pattern(std::string_view user) {
  return std::string(kPrefix) + '.' + encode_user(user) + ".*";
}

std::string role_session_name(std::string_view user, std::string_view request_id) {
  const std::string encoded = encode_user(user);
  return std::string(kPrefix) + '-' + (encoded.empty() ? std::string(request_id) : encoded);
}

}  // namespace broker
