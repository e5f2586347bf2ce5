// What a file of the key store says: whose key it is, where its secret is kept, and, in the store `file`, the secret
// itself, sealed. One form alone is accepted, byte for byte the one that this program writes.
//
// The secret is sealed by AES-256-GCM (host/aead.h); everything before it in the file is authenticated with it, so that
// a file under another profile's name, another key id or other parameters does not open. The key that opens it comes
// from a passphrase (scrypt), or from what the machine keeps (32 bytes as hex, see keystore/programs.h).
//
// Runs in: broker and sentinel-keys.   Owns: nothing; secrets are the caller's buffers.
// Blocks: open_with_passphrase and opener_of_passphrase for scrypt's half a second or so, with its memory.
// Fails: kConfig for a file that is not of this form, and for one whose parameters are weaker or dearer than allowed;
// kRefused for a key that does not open it.
// Source: RFC 7914 (scrypt).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

enum class KeyStoreKind {
#define KEY_STORE(kind, word, program, package, meaning) k##kind,
#include "keystore/places.def"
#undef KEY_STORE
};
enum class KeyProtection {
#define KEY_PROTECTION(kind, word, program, package, meaning) k##kind,
#include "keystore/places.def"
#undef KEY_PROTECTION
};

struct KeyPlaceRow {
  std::string_view word, program, package, meaning;
};
#define KEY_STORE(kind, word, program, package, meaning) KeyPlaceRow{word, program, package, meaning},
inline constexpr KeyPlaceRow kKeyStores[] = {
#include "keystore/places.def"
};
#undef KEY_STORE
#define KEY_PROTECTION(kind, word, program, package, meaning) KeyPlaceRow{word, program, package, meaning},
inline constexpr KeyPlaceRow kKeyProtections[] = {
#include "keystore/places.def"
};
#undef KEY_PROTECTION

constexpr const KeyPlaceRow& row_of(KeyStoreKind kind) { return kKeyStores[static_cast<std::size_t>(kind)]; }
constexpr const KeyPlaceRow& row_of(KeyProtection kind) { return kKeyProtections[static_cast<std::size_t>(kind)]; }

template <class Kind, std::size_t Rows>
[[nodiscard]] std::optional<Kind> kind_named(const KeyPlaceRow (&rows)[Rows], std::string_view word) {
  const auto found = std::ranges::find(rows, word, &KeyPlaceRow::word);
  if (found == std::end(rows)) return std::nullopt;
  return static_cast<Kind>(found - std::begin(rows));
}

// What scrypt costs: 128 * r * 2^log2_n bytes, for p rounds.
struct ScryptCost {
  std::uint32_t log2_n = 17, r = 8, p = 1;  // 128 MiB
};
// A hostile file can neither ask for the machine's memory nor make guessing cheap.
inline constexpr ScryptCost kLeastCost{15, 8, 1}, kGreatestCost{18, 8, 4};

struct KeystoreEntry {
  std::string profile, access_key_id;
  std::string added{};     // RFC 3339
  std::string replaces{};  // while a rotation is under way: the id of the key that this one takes the place of
  KeyStoreKind store = KeyStoreKind::kFile;
  // In the store `file` alone:
  KeyProtection protection = KeyProtection::kPassphrase;
  ScryptCost cost{};                      // with a passphrase, as is the salt
  std::string salt{}, nonce{}, sealed{};  // bytes
};

// `profile` as the file's name has it; a text about another profile is refused.
[[nodiscard]] ipc::Result<KeystoreEntry> parse_stored_key(std::string_view profile, std::string_view text);
[[nodiscard]] std::string render_stored_key(const KeystoreEntry& key);

// Seals `secret` into `key`, with a new nonce; with a passphrase also with a new salt. Fails: kSystem.
[[nodiscard]] ipc::Status seal_with_passphrase(KeystoreEntry& key, std::string_view secret,
                                               std::string_view passphrase);
[[nodiscard]] ipc::Status seal_with_machine_key(KeystoreEntry& key, std::string_view secret, std::string_view hex_key);

[[nodiscard]] ipc::Result<ipc::SecretBuffer> open_with_passphrase(const KeystoreEntry& key,
                                                                  std::string_view passphrase);
// What the passphrase opens it with, as 64 hex digits, so that it can be kept in the passphrase's place; and that
// again. Any 64 digits are taken: whether they are the ones, the opening says.
[[nodiscard]] ipc::Result<ipc::SecretBuffer> opener_of_passphrase(const KeystoreEntry& key,
                                                                  std::string_view passphrase);
[[nodiscard]] ipc::Result<ipc::SecretBuffer> open_with_opener(const KeystoreEntry& key, std::string_view hex_opener);
// `hex_key`: 64 hex digits, and at most a line feed behind them.
[[nodiscard]] ipc::Result<ipc::SecretBuffer> open_with_machine_key(const KeystoreEntry& key, std::string_view hex_key);

// A new key for the machine to keep.
[[nodiscard]] ipc::Result<ipc::SecretBuffer> new_machine_key();

// How other programs keep an entry: the secret in the first line, as pass(1) expects it, and the key's id in the next.
[[nodiscard]] ipc::SecretBuffer entry_text(std::string_view access_key_id, std::string_view secret);
// Refuses an entry of another key than the file names.
[[nodiscard]] ipc::Result<ipc::SecretBuffer> secret_of_entry(const KeystoreEntry& key, std::string_view entry);

}  // namespace broker
