// One profile's key in its store, as sentinel-keys opens and changes it: whichever store it is, a change is there whole
// when it returns, and until then the key before it.
//
// Runs in: sentinel-keys.   Blocks: on files, on the store's program, on the user's passphrase.
// Owns: what opens the key (a passphrase, or the machine's key), until it goes.
// Fails: with the store's sentence; nothing is changed then.
#pragma once

#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "keystore/entry.h"
#include "keystore/folder.h"
#include "tools/keys/prompt.h"

namespace broker {

class OpenedEntry {
 public:
  OpenedEntry(const std::string& data_folder, KeystoreEntry about)
      : store_(data_folder), data_folder_(data_folder), about_(std::move(about)) {}
  // What the store says of `name`.
  static ipc::Result<OpenedEntry> find(const std::string& data_folder, std::string_view name);

  [[nodiscard]] const KeystoreEntry& about() const { return about_; }
  [[nodiscard]] std::string where() const;  // "file, protected by passphrase"
  [[nodiscard]] bool by_passphrase() const;

  // Gets what opens the key; for a key that is stored anew, makes it.
  ipc::Status make_opener(KeyPrompt& prompt);
  ipc::Result<BaseKey> open(KeyPrompt& prompt);
  // The stored secret once more, as a run will open it: from the files as they are now, by the program that keeps it or
  // what opens it, in a process of its own. Of what this object knows the passphrase alone is used, which a run is told
  // as well.
  ipc::Result<ipc::SecretBuffer> read_back() const;
  // `replaces`: the key that goes when this one is proven; empty: none.
  ipc::Status put(const BaseKey& key, std::string_view replaces);
  // Whether the store, asked anew, names this key and none that it replaces.
  [[nodiscard]] bool has_settled_on(std::string_view access_key_id) const;
  // What another program keeps under the id of a key that is not this profile's any more. Files have nothing of it.
  ipc::Status forget(std::string_view access_key_id) const;
  ipc::Status remove();
  // Takes back what put() has stored, or begun to: what can be removed is, and the first thing that could not is told.
  // Afterwards nothing names it as stored, unless the file itself cannot be removed.
  ipc::Status take_back();

 private:
  ipc::Result<ipc::SecretBuffer> run_reading(const KeystoreEntry& about) const;
  ipc::Result<ipc::SecretBuffer> open_with_opener(const KeystoreEntry& about) const;
  ipc::Result<ipc::SecretBuffer> open_as_a_run_does(const KeystoreEntry& about) const;

  KeystoreFolder store_;
  std::string data_folder_;
  KeystoreEntry about_;
  ipc::SecretBuffer opener_;
  std::string written_{};  // id of the entry that another program has taken last
};

}  // namespace broker
