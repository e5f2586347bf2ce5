// Signatures of decision lines: HMAC-SHA-256 with a shared key, or Ed25519, whose public half alone verifies.
//
// {"entry":{…},"signature":"…","key_id":"…","timestamp":"…"}; signed is the compact object {"entry":…,"timestamp":"…",
// "key_id":"…"}. The chain's members are inside the entry, so they are signed too.
// Runs in: broker (signs) and sentinel-audit (verifies).   Blocks: on reading a small local file.
// Owns: the key, in the arena (ipc/secret.h). Honest limit: for each signature OpenSSL makes a copy of its own on the
// heap, and wipes it after. An HMAC key also forges: give verifiers the public half of an Ed25519 key.
// Source: RFC 2104, RFC 8032; the line and what is signed of it are laid out as upstream's verifier reads them.
#pragma once

#include <string>
#include <string_view>

#include "audit/line.h"
#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

class LogKey {
 public:
  enum class Purpose { kSign, kVerify };
  // The file holds 64 or more hex digits (HMAC), or a PEM: an Ed25519 private key, or to verify, a public one.
  // To sign, the caller or root must own it, and no other user may read it. `key_id`: empty for the key's own.
  // SecretArena::open() comes first. Fails: kConfig with the file's name and the next step.
  static ipc::Result<LogKey> read(const std::string& path, Purpose purpose, std::string key_id = {});
  static ipc::Result<LogKey> from_text(std::string_view text, const std::string& path, Purpose purpose,
                                       std::string key_id = {});

  [[nodiscard]] const std::string& id() const { return id_; }
  // Lower-case hex.
  [[nodiscard]] ipc::Result<std::string> sign(std::string_view message) const;
  // Constant time for HMAC. False for anything that is not this key's signature, in lower-case hex, of the message.
  [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;

 private:
  enum class Kind { kHmac, kEd25519 };
  LogKey() = default;
  ipc::Status take_hmac(std::string_view text, const std::string& path);
  ipc::Status take_pem(std::string_view text, const std::string& path, Purpose purpose);
  Kind kind_ = Kind::kHmac;
  ipc::SecretBuffer secret_;  // of a public key: empty
  std::string public_part_;   // Ed25519: 32 bytes
  std::string id_;
};

// Is it fit for --log-key-id: visible ASCII without quotes and backslashes, at most 64.
bool is_log_key_id(std::string_view id);

// `entry`: one compact object with Go's escapes. The signed line, without newline.
ipc::Result<std::string> sign_entry(const LogKey& key, std::string_view entry, std::string_view timestamp);

// What is wrong with a line's signature, as in "is not its own: …"; empty where it is good.
std::string signature_fault(const LogKey& key, const AuditLine& line);

}  // namespace broker
