// A policy's signature: what is signed, the envelope in which it travels, and RSASSA-PSS over it with a key file. KMS
// signs and verifies the same message (services/kms.h).
//
// Signed is the text "sentinel-policy-v2\n<name>\n<version>\n<lower-hex sha256 of the policy>\n", so that a policy of
// any length can be signed, and none stands for another name or an older version.
// Runs in: broker and sentinel-policy.   Blocks: never.   Owns: its OpenSSL keys.
// Fails: kConfig with the place: anything in the envelope that is unknown, twice, missing or out of bounds; a key that
// is not RSA of 2048 bits or more.
// Source: RFC 8017 8.1 (PSS, SHA-256, MGF1-SHA-256, salt of 32 bytes, as KMS's RSASSA_PSS_SHA_256); RFC 4648.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ipc/result.h"

struct evp_pkey_st;

namespace broker {

inline constexpr std::size_t kMaxEnvelopeBytes = 16 * 1024;
inline constexpr std::size_t kMaxKeyFileBytes = 16 * 1024;
inline constexpr std::uint64_t kMaxPolicyVersion = 999'999'999'999'999;

// What a signature vouches for.
struct SignedPolicy {
  std::string name;           // parameter or file, as signed_name() says it
  std::uint64_t version = 0;  // from 1; rises with each change
  std::string hash;           // lower-hex SHA-256 of the policy's text
  bool operator==(const SignedPolicy&) const = default;
};

struct SignatureEnvelope {
  std::string signature;  // raw bytes
  std::string key_id;     // said by the signer; never used to choose a key
  std::string signed_at;  // RFC 3339
  SignedPolicy policy;
};

std::string signed_message(const SignedPolicy& policy);
// A name must be one line, or it could say another version.
ipc::Status check_signed_name(std::string_view name);

// `place` begins each sentence.
ipc::Result<SignatureEnvelope> parse_envelope(std::string_view text, const std::string& place);
// Compact JSON and a newline; below 4 KiB for every name that SSM takes, so that it fits a standard parameter.
std::string format_envelope(const SignatureEnvelope& envelope);

// Where a parameter's signature lies, and the name that it vouches for: the plain name, without ARN or version.
std::string signature_parameter(std::string_view parameter);
std::string signed_name(std::string_view parameter);

struct FreeKey {
  void operator()(evp_pkey_st* key) const noexcept;
};
using OpensslKey = std::unique_ptr<evp_pkey_st, FreeKey>;

class PublicKey {
 public:
  static ipc::Result<PublicKey> from_pem(std::string_view pem, const std::string& place);
  static ipc::Result<PublicKey> from_der(std::string_view der, const std::string& place);
  [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;
  [[nodiscard]] bool operator==(const PublicKey& other) const;
  // Hex SHA-256 of the key in DER: what to call it.
  [[nodiscard]] std::string fingerprint() const;

 private:
  explicit PublicKey(OpensslKey key) : key_(std::move(key)) {}
  OpensslKey key_;
};

// For the tools; a broker never holds one.
class PrivateKey {
 public:
  // Not encrypted: there is no user who could be asked for a passphrase.
  static ipc::Result<PrivateKey> from_pem(std::string_view pem, const std::string& place);
  [[nodiscard]] ipc::Result<std::string> sign(std::string_view message) const;
  [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;
  // Of the public half; as PublicKey::fingerprint().
  [[nodiscard]] std::string fingerprint() const;

 private:
  explicit PrivateKey(OpensslKey key) : key_(std::move(key)) {}
  OpensslKey key_;
};

}  // namespace broker
