#include "audit/signature.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "ipc/files/trusted_path.h"
#include "ipc/owned.h"
#include "ipc/unique_fd.h"
#include "text/hex.h"
#include "text/json_line.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::size_t kShortestHmacKey = 32, kLongestKeyFile = 4096, kEd25519Bytes = 32, kKeyIdDigits = 16;

using Key = ipc::Owned<EVP_PKEY, EVP_PKEY_free>;
using Context = ipc::Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Bio = ipc::Owned<BIO, BIO_free>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// As we write them: a signature has one form alone.
bool is_written_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// An encrypted key is not opened: there is no user to ask for its passphrase.
int no_passphrase(char*, int, int, void*) { return -1; }

Bio memory_of(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::string public_bytes(const EVP_PKEY* key) {
  unsigned char raw[kEd25519Bytes];
  std::size_t size = sizeof raw;
  if (EVP_PKEY_get_id(key) != EVP_PKEY_ED25519 || EVP_PKEY_get_raw_public_key(key, raw, &size) != 1) return {};
  return {reinterpret_cast<const char*>(raw), size};
}

// A signing key is read where the caller, or root, alone can have read or written it before. Root may let a group read
// a key of its own.
ipc::Result<ipc::TrustedFile> open_signing_key(const std::string& path) {
  ipc::Result<ipc::TrustedFile> file = ipc::open_trusted(path, ipc::trust_user(::geteuid()), O_RDONLY);
  if (!file) {
    if (file.error().file_fault == ipc::FileFault::WritableByOthers) file.error().next_step = "chmod 600 " + path;
    file.error().what.insert(0, "cannot use the log key: ");
    return file;
  }
  const mode_t others = file->status.st_uid == 0 ? S_IRWXO | S_IWGRP : S_IRWXO | S_IRWXG;
  if ((file->status.st_mode & others) == 0) return file;
  return ipc::fail(Fault::kConfig, "the log key " + path + " can be read or written by others", "chmod 600 " + path);
}

// One that only verifies may be anybody's.
ipc::Result<ipc::TrustedFile> open_verifying_key(const std::string& path) {
  ipc::TrustedFile file;
  file.fd = ipc::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.fd || ::fstat(file.fd.get(), &file.status) != 0)
    return ipc::system_error("cannot read the log key " + path, "name a key file with --log-key FILE");
  return file;
}

ipc::Result<ipc::SecretBuffer> read_key_file(const std::string& path, LogKey::Purpose purpose) {
  const auto file = purpose == LogKey::Purpose::kSign ? open_signing_key(path) : open_verifying_key(path);
  if (!file) return std::unexpected(ipc::with_next_step(file.error(), "name a key file with --log-key FILE"));
  if (!S_ISREG(file->status.st_mode) || file->status.st_size > static_cast<off_t>(kLongestKeyFile)) {
    return ipc::fail(Fault::kConfig, "the log key " + path + " is not a small file", "name a key file");
  }
  ipc::SecretBuffer text = ipc::SecretBuffer::with_capacity(kLongestKeyFile);
  while (!text.room().empty()) {
    const ssize_t got = ::read(file->fd.get(), text.room().data(), text.room().size());
    if (got < 0) return ipc::system_error("cannot read the log key " + path);
    if (got == 0) break;
    text.grow(static_cast<std::size_t>(got));
  }
  return text;
}

std::string signed_message(std::string_view entry, std::string_view timestamp, std::string_view key_id) {
  JsonLine json;
  json.raw("entry", entry).text("timestamp", timestamp).text("key_id", key_id);
  return std::move(json).object();
}

}  // namespace

bool is_log_key_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 &&
         std::ranges::all_of(id, [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
}

ipc::Result<LogKey> LogKey::read(const std::string& path, Purpose purpose, std::string key_id) {
  const auto text = read_key_file(path, purpose);
  if (!text) return std::unexpected(text.error());
  return from_text(text->reveal(), path, purpose, std::move(key_id));
}

ipc::Result<LogKey> LogKey::from_text(std::string_view text, const std::string& path, Purpose purpose,
                                      std::string key_id) {
  LogKey key;
  ipc::Status taken =
      text.find("-----BEGIN ") == text.npos ? key.take_hmac(text, path) : key.take_pem(text, path, purpose);
  if (!taken) return std::unexpected(taken.error());
  if (key_id.empty()) {
    key.id_ = key.kind_ == Kind::kHmac ? sha256_hex(hmac_sha256_hex(key.secret_.reveal(), "key id"))
                                       : sha256_hex(key.public_part_);
    key.id_.resize(kKeyIdDigits);
  } else if (is_log_key_id(key_id)) {
    key.id_ = std::move(key_id);
  } else {
    return ipc::fail(Fault::kUsage, "--log-key-id is not 1 to 64 visible characters without quotes",
                     "give a short name, such as log-2026");
  }
  return key;
}

ipc::Status LogKey::take_hmac(std::string_view text, const std::string& path) {
  const auto not_a_key = [&path] {
    return ipc::fail(Fault::kConfig, "the log key " + path + " is neither hex digits nor a PEM of an Ed25519 key",
                     "make one: openssl rand -hex 32, or openssl genpkey -algorithm ed25519");
  };
  secret_ = ipc::SecretBuffer::with_capacity(text.size() / 2 + 1);
  int half = -1;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    const int digit = digit_of(c);
    if (digit < 0) return not_a_key();
    const char whole = static_cast<char>(half << 4 | digit);
    if (half >= 0 && !secret_.append({&whole, 1})) return not_a_key();
    half = half < 0 ? digit : -1;
  }
  if (half >= 0) return not_a_key();
  if (secret_.size() < kShortestHmacKey) {
    return ipc::fail(Fault::kConfig, "the log key " + path + " is shorter than 32 bytes",
                     "make one of 64 hex digits: openssl rand -hex 32");
  }
  return {};
}

ipc::Status LogKey::take_pem(std::string_view text, const std::string& path, Purpose purpose) {
  kind_ = Kind::kEd25519;
  Key key(PEM_read_bio_PrivateKey(memory_of(text).get(), nullptr, no_passphrase, nullptr));
  const bool is_private = key != nullptr;
  if (!key) key.reset(PEM_read_bio_PUBKEY(memory_of(text).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (key) public_part_ = public_bytes(key.get());
  if (public_part_.size() != kEd25519Bytes) {
    return ipc::fail(Fault::kConfig, "the log key " + path + " is a PEM, but not of an Ed25519 key without passphrase",
                     "make one: openssl genpkey -algorithm ed25519");
  }
  if (!is_private) {
    if (purpose == Purpose::kVerify) return {};
    return ipc::fail(Fault::kConfig, "the log key " + path + " is a public key, which cannot sign",
                     "name the private key; the public one is for `sentinel audit verify`");
  }
  secret_ = ipc::SecretBuffer::with_capacity(kEd25519Bytes);
  std::size_t size = kEd25519Bytes;
  if (EVP_PKEY_get_raw_private_key(key.get(), reinterpret_cast<unsigned char*>(secret_.room().data()), &size) != 1) {
    return ipc::fail(Fault::kConfig, "the log key " + path + " cannot be used");
  }
  secret_.grow(size);
  return {};
}

ipc::Result<std::string> LogKey::sign(std::string_view message) const {
  const auto cannot = [] { return ipc::fail(Fault::kSystem, "a decision line cannot be signed"); };
  if (kind_ == Kind::kHmac) {
    std::string mac = hmac_sha256_hex(secret_.reveal(), message);
    if (mac.empty()) return cannot();
    return mac;
  }
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(secret_.reveal()), secret_.size()));
  const Context context(EVP_MD_CTX_new());
  unsigned char signature[64];
  std::size_t size = sizeof signature;
  if (!key || !context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature, &size, bytes_of(message), message.size()) != 1) {
    return cannot();
  }
  return hex({reinterpret_cast<const char*>(signature), size});
}

bool LogKey::verifies(std::string_view message, std::string_view signature) const {
  if (kind_ == Kind::kHmac) {
    const std::string mac = hmac_sha256_hex(secret_.reveal(), message);
    return mac.size() == signature.size() && !mac.empty() &&
           CRYPTO_memcmp(mac.data(), signature.data(), mac.size()) == 0;
  }
  std::string raw;
  for (std::size_t i = 0; i + 1 < signature.size(); i += 2) {
    if (!is_written_digit(signature[i]) || !is_written_digit(signature[i + 1])) return false;
    raw += static_cast<char>(digit_of(signature[i]) << 4 | digit_of(signature[i + 1]));
  }
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(public_part_), public_part_.size()));
  const Context context(EVP_MD_CTX_new());
  return key && context && raw.size() * 2 == signature.size() &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(raw), raw.size(), bytes_of(message), message.size()) == 1;
}

ipc::Result<std::string> sign_entry(const LogKey& key, std::string_view entry, std::string_view timestamp) {
  const auto signature = key.sign(signed_message(entry, timestamp, key.id()));
  if (!signature) return signature;
  JsonLine json;
  json.raw("entry", entry).text("signature", *signature).text("key_id", key.id()).text("timestamp", timestamp);
  return std::move(json).object();
}

std::string signature_fault(const LogKey& key, const AuditLine& line) {
  if (!line.signature) return "is not signed";
  const AuditSignature& made = *line.signature;
  if (made.signature.empty()) return "has an empty signature";
  if (std::ranges::any_of(made.signature, [](char c) { return digit_of(c) < 0; })) {
    return "has a signature that is not hex digits";
  }
  if (key.verifies(signed_message(compact_json(line.entry), made.timestamp, made.key_id), made.signature)) return {};
  if (made.key_id != key.id()) {
    return "has no valid signature: it names key " + made.key_id + ", and the key given is " + key.id();
  }
  return "has no valid signature of key " + key.id();
}

}  // namespace broker
