#include "tools/keys/opened_entry.h"

#include <chrono>
#include <utility>

#include "keystore/programs.h"
#include "text/rfc3339.h"
#include "tools/this_second.h"

namespace broker {
namespace {

using ipc::Fault;
using ipc::SecretBuffer;

std::string now_text() { return std::string(rfc3339(this_second()).text()); }

}  // namespace

ipc::Result<OpenedEntry> OpenedEntry::find(const std::string& data_folder, std::string_view name) {
  const KeystoreFolder store(data_folder);
  const ipc::Result<std::string> text = store.read(name);
  if (!text) return std::unexpected(text.error());
  ipc::Result<KeystoreEntry> about = parse_stored_key(name, *text);
  if (about) return OpenedEntry(data_folder, std::move(*about));
  ipc::Error error = about.error();
  error.what = store.path(name) + ": " + error.what;
  return std::unexpected(std::move(error));
}

std::string OpenedEntry::where() const {
  std::string text(row_of(about_.store).word);
  if (about_.store == KeyStoreKind::kFile) text += ", protected by " + std::string(row_of(about_.protection).word);
  return text;
}

bool OpenedEntry::by_passphrase() const {
  return about_.store == KeyStoreKind::kFile && about_.protection == KeyProtection::kPassphrase;
}

ipc::Status OpenedEntry::make_opener(KeyPrompt& prompt) {
  const bool in_file = about_.store == KeyStoreKind::kFile;
  if (const ipc::Status there = require_program(keeper_of(about_)); !there) return there;
  if (!in_file) return {};
  ipc::Result<SecretBuffer> opener = by_passphrase() ? prompt.new_passphrase() : new_machine_key();
  if (!opener) return std::unexpected(opener.error());
  opener_ = std::move(*opener);
  if (by_passphrase()) return {};
  if (const ipc::Status ready = store_.prepare(); !ready) return ready;
  const ipc::Result<SecretBuffer> done =
      run_key_program(keeper_of(about_), writing_words(about_, data_folder_), opener_.reveal());
  if (!done) return std::unexpected(done.error());
  return {};
}

ipc::Result<SecretBuffer> OpenedEntry::run_reading(const KeystoreEntry& about) const {
  if (const ipc::Status there = require_program(keeper_of(about)); !there) return std::unexpected(there.error());
  return run_key_program(keeper_of(about), reading_words(about, data_folder_), {});
}

ipc::Result<SecretBuffer> OpenedEntry::open_with_opener(const KeystoreEntry& about) const {
  if (by_passphrase()) return open_with_passphrase(about, opener_.reveal());
  if (about.store == KeyStoreKind::kFile) return open_with_machine_key(about, opener_.reveal());
  const ipc::Result<SecretBuffer> entry = run_reading(about);
  if (!entry) return std::unexpected(entry.error());
  return secret_of_entry(about, entry->reveal());
}

ipc::Result<BaseKey> OpenedEntry::open(KeyPrompt& prompt) {
  if (about_.store == KeyStoreKind::kFile && !by_passphrase()) {
    ipc::Result<SecretBuffer> machine_key = run_reading(about_);
    if (!machine_key) return std::unexpected(machine_key.error());
    const std::string_view digits = machine_key->reveal();
    opener_ = SecretBuffer::copy_of(digits.substr(0, digits.find('\n')));
  }
  for (int tries = 1;; ++tries) {
    if (by_passphrase()) {
      ipc::Result<SecretBuffer> typed = prompt.passphrase("Passphrase of the stored key of " + about_.profile + ": ");
      if (!typed) return std::unexpected(typed.error());
      opener_ = std::move(*typed);
    }
    ipc::Result<SecretBuffer> secret = open_with_opener(about_);
    if (secret) return BaseKey{about_.access_key_id, std::move(*secret), {}};
    const bool again = by_passphrase() && prompt.can_ask_again() && secret.error().fault == Fault::kRefused;
    if (!again || tries == KeyPrompt::kTries) return std::unexpected(secret.error());
  }
}

ipc::Result<SecretBuffer> OpenedEntry::read_back() const {
  const ipc::Result<std::string> text = store_.read(about_.profile);
  if (!text) return std::unexpected(text.error());
  const ipc::Result<KeystoreEntry> about = parse_stored_key(about_.profile, *text);
  if (!about) return std::unexpected(about.error());
  return open_as_a_run_does(*about);
}

ipc::Result<SecretBuffer> OpenedEntry::open_as_a_run_does(const KeystoreEntry& about) const {
  if (about.store == KeyStoreKind::kFile && about.protection == KeyProtection::kPassphrase) {
    return open_with_passphrase(about, opener_.reveal());
  }
  const ipc::Result<SecretBuffer> output =
      run_key_program_as_a_run_does(keeper_of(about), reading_words(about, data_folder_));
  if (!output) return std::unexpected(output.error());
  if (about.store == KeyStoreKind::kFile) return open_with_machine_key(about, output->reveal());
  return secret_of_entry(about, output->reveal());
}

// The file is what names the key: another program's entry is there before it, so it never names one that is not.
ipc::Status OpenedEntry::put(const BaseKey& key, std::string_view replaces) {
  KeystoreEntry fresh = about_;
  fresh.access_key_id = key.access_key_id;
  fresh.replaces = replaces;
  if (fresh.access_key_id != about_.access_key_id || fresh.added.empty()) fresh.added = now_text();
  const std::string_view secret = key.secret_access_key.reveal();
  ipc::Status done;
  if (by_passphrase()) {
    done = seal_with_passphrase(fresh, secret, opener_.reveal());
  } else if (fresh.store == KeyStoreKind::kFile) {
    done = seal_with_machine_key(fresh, secret, opener_.reveal());
  } else {
    const SecretBuffer entry = entry_text(fresh.access_key_id, secret);
    const ipc::Result<SecretBuffer> written =
        run_key_program(keeper_of(fresh), writing_words(fresh, data_folder_), entry.reveal());
    if (!written) done = std::unexpected(written.error());
    if (written) written_ = fresh.access_key_id;
  }
  if (done) done = store_.write(fresh.profile, render_stored_key(fresh));
  if (done) about_ = std::move(fresh);
  return done;
}

bool OpenedEntry::has_settled_on(std::string_view access_key_id) const {
  const ipc::Result<OpenedEntry> now = find(data_folder_, about_.profile);
  return now && now->about_.access_key_id == access_key_id && now->about_.replaces.empty();
}

ipc::Status OpenedEntry::forget(std::string_view access_key_id) const {
  KeystoreEntry other = about_;
  other.access_key_id = access_key_id;
  const CommandWords words = removing_words(other);
  if (words.empty()) return {};
  const ipc::Result<SecretBuffer> done = run_key_program(keeper_of(about_), words, {});
  if (!done) return std::unexpected(done.error());
  return {};
}

ipc::Status OpenedEntry::take_back() {
  const ipc::Status unlisted = store_.remove(about_.profile);
  const ipc::Status gone = written_.empty() ? ipc::Status{} : forget(written_);
  return unlisted ? gone : unlisted;
}

ipc::Status OpenedEntry::remove() {
  if (const ipc::Status gone = forget(about_.access_key_id); !gone) return gone;
  return store_.remove(about_.profile);
}

}  // namespace broker
