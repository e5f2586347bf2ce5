// How a client that has the run's answer key knows that an answer is the broker's own: it sends a number that it never
// used before, and the broker puts an HMAC over that number, the answer's body and the profile that it was asked for
// into the head. The frontend, which passes the one on and stands beside the other, knows no key: what it answers with
// itself, or heard before, is noticed, and so is another profile's answer.
//
// HMAC-SHA256(answer key, kAnswerMacWords + nonce + "\n" + SHA-256 of the body), and behind that, where a profile was
// named, "\n" + its name as ipc/client/served_profiles.h writes it; in lower-case hex as nonce and digest are. Data, no
// behaviour. Each end computes it by its own means: broker/serve/client_answer.cc,
// supervisor/credential_process/answer_mac.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace ipc {

inline constexpr std::string_view kNonceHeader = "Sentinel-Nonce", kAnswerMacHeader = "Sentinel-Answer-Mac";
// Of a refusal with status 503: what was asked for is being fetched, and whoever can wait longer is to ask again.
inline constexpr std::string_view kAskAgainHeader = "Retry-After";
inline constexpr std::string_view kAnswerMacWords = "sentinel answer 1\n";
inline constexpr std::size_t kNonceLength = 32;  // of 16 random bytes
inline constexpr std::size_t kAnswerMacLength = 64;

constexpr bool is_lower_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
constexpr bool is_nonce(std::string_view text) {
  return text.size() == kNonceLength && std::ranges::all_of(text, is_lower_hex_digit);
}

}  // namespace ipc
