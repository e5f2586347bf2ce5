// The helper's end of ipc/client/answer_mac.h: a nonce, and whether an answer's HMAC is that of the broker.
//
// OpenSSL's SHA-256 alone, out of the archive: its EVP, which finds a hash by name, takes the helper a millisecond of
// start, these functions 0.02 ms. The HMAC around it is RFC 2104's.
// Runs in: the credential helper.   Blocks: never.   Owns: nothing.
// Fails: make_nonce() where the kernel gives no random bytes.
#pragma once

#define OPENSSL_SUPPRESS_DEPRECATED  // for EVP's sake, which is what costs
#include <openssl/sha.h>
#include <string.h>
#include <sys/random.h>

#include <string_view>

#include "ipc/client/answer_mac.h"

namespace supervisor {

struct Digest {
  unsigned char bytes[SHA256_DIGEST_LENGTH];
};
inline constexpr std::size_t kMaxAnswerKey = SHA256_CBLOCK;  // longer keys would have to be hashed first

class Sha256 {
 public:
  Sha256() { SHA256_Init(&state_); }
  ~Sha256() { explicit_bzero(&state_, sizeof state_); }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256& add(std::string_view text) {
    SHA256_Update(&state_, text.data(), text.size());
    return *this;
  }
  [[nodiscard]] Digest end() {
    Digest digest;
    SHA256_Final(digest.bytes, &state_);
    return digest;
  }

 private:
  SHA256_CTX state_;
};

template <std::size_t N>
void write_hex(const unsigned char (&bytes)[N], char (&out)[2 * N]) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < N; ++i) {
    out[2 * i] = kDigits[bytes[i] >> 4];
    out[2 * i + 1] = kDigits[bytes[i] & 15];
  }
}

// `key` has at most kMaxAnswerKey bytes. `profile`: as it stands in the path; empty: none was named.
inline Digest answer_mac(std::string_view key, std::string_view nonce, std::string_view profile,
                         std::string_view body) {
  char body_digest[2 * SHA256_DIGEST_LENGTH];
  write_hex(Sha256().add(body).end().bytes, body_digest);
  char inner_pad[SHA256_CBLOCK], outer_pad[SHA256_CBLOCK];
  for (std::size_t i = 0; i < SHA256_CBLOCK; ++i) {
    const char byte = i < key.size() ? key[i] : '\0';
    inner_pad[i] = static_cast<char>(byte ^ 0x36);
    outer_pad[i] = static_cast<char>(byte ^ 0x5c);
  }
  const Digest inner = Sha256()
                           .add({inner_pad, sizeof inner_pad})
                           .add(ipc::kAnswerMacWords)
                           .add(nonce)
                           .add("\n")
                           .add({body_digest, sizeof body_digest})
                           .add(profile.empty() ? "" : "\n")
                           .add(profile)
                           .end();
  const Digest outer = Sha256()
                           .add({outer_pad, sizeof outer_pad})
                           .add({reinterpret_cast<const char*>(inner.bytes), sizeof inner.bytes})
                           .end();
  explicit_bzero(inner_pad, sizeof inner_pad);
  explicit_bzero(outer_pad, sizeof outer_pad);
  return outer;
}

// In a time that does not depend on where they differ.
inline bool is_mac(std::string_view presented, const Digest& digest) {
  char expected[ipc::kAnswerMacLength];
  write_hex(digest.bytes, expected);
  if (presented.size() != sizeof expected) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < sizeof expected; ++i)
    difference |= static_cast<unsigned char>(presented[i] ^ expected[i]);
  explicit_bzero(expected, sizeof expected);
  return difference == 0;
}

struct Nonce {
  char text[ipc::kNonceLength];
  [[nodiscard]] std::string_view view() const { return {text, sizeof text}; }
};

inline bool make_nonce(Nonce& nonce) {
  unsigned char random[ipc::kNonceLength / 2];
  if (::getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) return false;
  write_hex(random, nonce.text);
  return true;
}

}  // namespace supervisor
