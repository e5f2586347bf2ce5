#include "keystore/entry.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "aws/key_syntax.h"
#include "host/aead.h"
#include "host/random.h"
#include "keystore/folder.h"
#include "text/ascii.h"
#include "text/base64.h"
#include "text/hex.h"
#include "text/json_line.h"
#include "text/json_value.h"

namespace broker {
namespace {

using ipc::Fault;
using ipc::SecretBuffer;

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kSaltBytes = 32;
constexpr std::string_view kCipher = "aes-256-gcm", kKdf = "scrypt";
constexpr char kWrongPassphrase[] = "the passphrase is wrong, or its file was changed";
constexpr char kTryAnother[] =
    "try again with the passphrase that it was added with; if that is lost, run sentinel keys remove and add the key "
    "again";
constexpr char kAddAgain[] = "restore it from a backup, or run sentinel keys remove and add the key again";

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(char* text) { return reinterpret_cast<unsigned char*>(text); }

std::string file_of(std::string_view profile) { return "the stored key of profile '" + std::string(profile) + "'"; }

std::unexpected<ipc::Error> malformed(std::string_view profile, std::string_view why) {
  return ipc::fail(Fault::kConfig, file_of(profile) + " is damaged: " + std::string(why), kAddAgain);
}

std::unexpected<ipc::Error> no_openssl(std::string_view what) {
  return ipc::fail(Fault::kSystem, "OpenSSL does not " + std::string(what), "check its installation and the memory");
}

// ---- the text

// All that is authenticated with the sealed secret, which follows; the nonce in between needs no more than being used.
JsonLine header_of(const KeystoreEntry& key) {
  JsonLine line;
  line.number("sentinel_key", kVersion).text("profile", key.profile).text("access_key_id", key.access_key_id);
  line.text("added", key.added).text_if("replaces", key.replaces).text("store", row_of(key.store).word);
  if (key.store != KeyStoreKind::kFile) return line;
  line.text("protect", row_of(key.protection).word).text("cipher", kCipher);
  if (key.protection == KeyProtection::kPassphrase) {
    line.text("kdf", kKdf).number("log2_n", key.cost.log2_n).number("r", key.cost.r).number("p", key.cost.p);
    line.text("salt", base64(key.salt));
  }
  return line;
}

std::optional<std::uint32_t> small_number(const Json::Value& root, std::string_view name) {
  const Json::Value* const found = member(root, name);
  if (!found || !found->isUInt()) return std::nullopt;
  return found->asUInt();
}

bool take_bytes(const Json::Value& root, std::string_view name, std::size_t least, std::size_t most, std::string& out) {
  ipc::Result<std::string> bytes = from_base64(text_of(root, name));
  if (!bytes || bytes->size() < least || bytes->size() > most) return false;
  out = std::move(*bytes);
  return true;
}

bool within(const ScryptCost& cost) {
  return cost.log2_n >= kLeastCost.log2_n && cost.log2_n <= kGreatestCost.log2_n && cost.r == kLeastCost.r &&
         cost.p >= kLeastCost.p && cost.p <= kGreatestCost.p;
}

ipc::Status take_passphrase_members(const Json::Value& root, KeystoreEntry& key) {
  const auto log2_n = small_number(root, "log2_n"), r = small_number(root, "r"), p = small_number(root, "p");
  if (!log2_n || !r || !p) return malformed(key.profile, "the cost of its passphrase is missing");
  key.cost = {*log2_n, *r, *p};
  if (!within(key.cost)) {
    return malformed(key.profile, "its passphrase would cost less, or more, than this program ever writes");
  }
  if (!take_bytes(root, "salt", kSaltBytes, kSaltBytes, key.salt)) return malformed(key.profile, "it has no salt");
  return {};
}

ipc::Status take_sealed_members(const Json::Value& root, KeystoreEntry& key) {
  const auto protection = kind_named<KeyProtection>(kKeyProtections, text_of(root, "protect"));
  if (!protection) return malformed(key.profile, "what protects it is not known");
  key.protection = *protection;
  if (key.protection == KeyProtection::kPassphrase) {
    if (const ipc::Status taken = take_passphrase_members(root, key); !taken) return taken;
  }
  if (!take_bytes(root, "nonce", kAeadNonceBytes, kAeadNonceBytes, key.nonce))
    return malformed(key.profile, "it has no nonce");
  if (!take_bytes(root, "sealed", kAeadTagBytes + 1, kAeadTagBytes + kMaxKeySecret, key.sealed)) {
    return malformed(key.profile, "it has no sealed secret");
  }
  return {};
}

// ---- sealing

ipc::Status seal_into(KeystoreEntry& key, std::string_view secret, const SecretBuffer& data_key) {
  const ipc::Result<std::string> whole = seal(data_key, secret, header_of(key).object());
  if (!whole) return no_openssl("encrypt");
  key.nonce = whole->substr(0, kAeadNonceBytes);
  key.sealed = whole->substr(kAeadNonceBytes);
  return {};
}

ipc::Result<SecretBuffer> open(const KeystoreEntry& key, const SecretBuffer& data_key, std::string_view why,
                               std::string next_step) {
  ipc::Result<SecretBuffer> secret = unseal(data_key, key.nonce + key.sealed, header_of(key).object());
  if (secret && is_visible(secret->reveal())) return secret;
  return ipc::fail(Fault::kRefused, file_of(key.profile) + " does not open: " + std::string(why), std::move(next_step));
}

ipc::Result<SecretBuffer> stretch(const KeystoreEntry& key, std::string_view passphrase) {
  SecretBuffer out = SecretBuffer::with_capacity(kAeadKeyBytes);
  const std::uint64_t n = std::uint64_t{1} << key.cost.log2_n;
  const std::uint64_t memory = 128 * key.cost.r * (n + key.cost.p + 2) + (1 << 20);
  if (EVP_PBE_scrypt(passphrase.data(), passphrase.size(), bytes_of(key.salt), key.salt.size(), n, key.cost.r,
                     key.cost.p, memory, bytes_of(out.room().data()), kAeadKeyBytes) != 1) {
    return no_openssl("stretch the passphrase");
  }
  out.grow(kAeadKeyBytes);
  return out;
}

bool append_hex(SecretBuffer& digits, unsigned char byte) {
  const char pair[] = {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
  return digits.append({pair, 2});
}

ipc::Result<SecretBuffer> machine_key_of(const KeystoreEntry& key, std::string_view digits) {
  if (digits.ends_with('\n')) digits.remove_suffix(1);
  SecretBuffer out = SecretBuffer::with_capacity(kAeadKeyBytes);
  if (!is_lower_hex(digits, 2 * kAeadKeyBytes)) {
    return ipc::fail(
        Fault::kRefused,
        "what " + std::string(row_of(key.protection).program) + " gives for " + file_of(key.profile) + " is no key",
        kAddAgain);
  }
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const char byte = static_cast<char>(hex_value(digits[i]) << 4 | hex_value(digits[i + 1]));
    if (!out.append({&byte, 1})) return no_openssl("take the key");
  }
  return out;
}

}  // namespace

ipc::Result<KeystoreEntry> parse_stored_key(std::string_view profile, std::string_view text) {
  const std::optional<Json::Value> root =
      text.size() <= KeystoreFolder::kMaxFileBytes ? read_object(text) : std::nullopt;
  if (!root) return malformed(profile, "it is no JSON object");
  const auto version = small_number(*root, "sentinel_key");
  if (!version) return malformed(profile, "it is no key of sentinel keys");
  if (*version != kVersion) {
    return ipc::fail(Fault::kConfig, file_of(profile) + " is of another version", "use the Sentinel that wrote it");
  }
  KeystoreEntry key{text_of(*root, "profile"), text_of(*root, "access_key_id"), text_of(*root, "added"),
                    text_of(*root, "replaces")};
  if (key.profile != profile) {
    return malformed(profile, "it was written for another profile, and its file was renamed");
  }
  if (!is_access_key_id(key.access_key_id) || (!key.replaces.empty() && !is_access_key_id(key.replaces))) {
    return malformed(profile, "its access key id is none");
  }
  const auto store = kind_named<KeyStoreKind>(kKeyStores, text_of(*root, "store"));
  if (!store) return malformed(profile, "its store is not known");
  key.store = *store;
  if (key.store == KeyStoreKind::kFile) {
    if (const ipc::Status taken = take_sealed_members(*root, key); !taken) return std::unexpected(taken.error());
  }
  if (render_stored_key(key) != text) return malformed(profile, "it is not as sentinel keys wrote it");
  return key;
}

std::string render_stored_key(const KeystoreEntry& key) {
  JsonLine line = header_of(key);
  if (key.store == KeyStoreKind::kFile) line.text("nonce", base64(key.nonce)).text("sealed", base64(key.sealed));
  return std::move(line).finish();
}

ipc::Status seal_with_passphrase(KeystoreEntry& key, std::string_view secret, std::string_view passphrase) {
  key.store = KeyStoreKind::kFile;
  key.protection = KeyProtection::kPassphrase;
  key.salt.assign(kSaltBytes, '\0');
  if (!fill_with_random({bytes_of(key.salt.data()), kSaltBytes})) return no_openssl("get random bytes");
  const ipc::Result<SecretBuffer> data_key = stretch(key, passphrase);
  if (!data_key) return std::unexpected(data_key.error());
  return seal_into(key, secret, *data_key);
}

ipc::Status seal_with_machine_key(KeystoreEntry& key, std::string_view secret, std::string_view hex_key) {
  key.store = KeyStoreKind::kFile;
  key.salt.clear();
  const ipc::Result<SecretBuffer> data_key = machine_key_of(key, hex_key);
  if (!data_key) return std::unexpected(data_key.error());
  return seal_into(key, secret, *data_key);
}

ipc::Result<SecretBuffer> open_with_passphrase(const KeystoreEntry& key, std::string_view passphrase) {
  const ipc::Result<SecretBuffer> data_key = stretch(key, passphrase);
  if (!data_key) return std::unexpected(data_key.error());
  return open(key, *data_key, kWrongPassphrase, kTryAnother);
}

ipc::Result<SecretBuffer> opener_of_passphrase(const KeystoreEntry& key, std::string_view passphrase) {
  const ipc::Result<SecretBuffer> data_key = stretch(key, passphrase);
  if (!data_key) return std::unexpected(data_key.error());
  SecretBuffer digits = SecretBuffer::with_capacity(2 * kAeadKeyBytes);
  bool whole = true;
  for (const char byte : data_key->reveal()) whole = whole && append_hex(digits, static_cast<unsigned char>(byte));
  if (!whole) return no_openssl("take the key");
  return digits;
}

ipc::Result<SecretBuffer> open_with_opener(const KeystoreEntry& key, std::string_view hex_opener) {
  const ipc::Result<SecretBuffer> data_key = machine_key_of(key, hex_opener);
  if (!data_key) return std::unexpected(data_key.error());
  return open(key, *data_key, kWrongPassphrase, kTryAnother);
}

ipc::Result<SecretBuffer> open_with_machine_key(const KeystoreEntry& key, std::string_view hex_key) {
  const ipc::Result<SecretBuffer> data_key = machine_key_of(key, hex_key);
  if (!data_key) return std::unexpected(data_key.error());
  return open(key, *data_key, "its file was changed, or belongs to another key of this machine", kAddAgain);
}

ipc::Result<SecretBuffer> new_machine_key() {
  std::array<unsigned char, kAeadKeyBytes> raw;
  if (!fill_with_random(raw)) return no_openssl("get random bytes");
  SecretBuffer digits = SecretBuffer::with_capacity(2 * kAeadKeyBytes);
  bool whole = true;
  for (const unsigned char byte : raw) whole = whole && append_hex(digits, byte);
  ipc::wipe(raw.data(), raw.size());
  if (!whole) return no_openssl("take the key");
  return digits;
}

// ---- entries of other programs -------------------------------------------------------------------------------------

constexpr std::string_view kEntryId = "\naws_access_key_id: ";

SecretBuffer entry_text(std::string_view access_key_id, std::string_view secret) {
  SecretBuffer text = SecretBuffer::with_capacity(secret.size() + kEntryId.size() + access_key_id.size() + 1);
  (void)(text.append(secret) && text.append(kEntryId) && text.append(access_key_id) && text.append("\n"));
  return text;
}

ipc::Result<SecretBuffer> secret_of_entry(const KeystoreEntry& key, std::string_view entry) {
  const std::string program(row_of(key.store).program);
  if (entry.ends_with('\n')) entry.remove_suffix(1);
  const std::size_t end = entry.find('\n');
  if (end == entry.npos || !is_visible(entry.substr(0, end)) || end > kMaxKeySecret) {
    return ipc::fail(Fault::kRefused, "what " + program + " gives for " + file_of(key.profile) + " is no entry of ours",
                     kAddAgain);
  }
  if (entry.substr(end) != std::string(kEntryId) + key.access_key_id) {
    return ipc::fail(Fault::kRefused,
                     program + " has another key for profile '" + key.profile + "' than " + key.access_key_id +
                         ", which the key store names",
                     kAddAgain);
  }
  return SecretBuffer::copy_of(entry.substr(0, end));
}

}  // namespace broker
