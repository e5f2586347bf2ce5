#include "sources/store.h"

#include <utility>

#include "keystore/folder.h"
#include "keystore/programs.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using ipc::ErrandKind;
using ipc::SecretBuffer;

}  // namespace

ipc::Status load_stored_key(StoredKeyPlan& plan, std::string_view data_folder) {
  const KeystoreFolder store(data_folder);
  ipc::Result<std::string> text = store.read(plan.name);
  if (!text) return std::unexpected(text.error());
  const ipc::Result<KeystoreEntry> key = parse_stored_key(plan.name, *text);
  if (!key) {
    ipc::Error error = key.error();
    error.what = store.path(plan.name) + ": " + error.what;
    return std::unexpected(std::move(error));
  }
  plan.text = std::move(*text);
  plan.data_folder = data_folder;
  return {};
}

SessionName opener_name(std::string_view access_key_id, std::string_view profile) {
  return {std::string(access_key_id), std::string(profile), kLongestRemembered};
}

KeystoreSource::KeystoreSource(AwsContext& context, ErrandDoer& errands, KeystoreEntry key, std::string data_folder,
                               Remembering remembering)
    : context_(context),
      errands_(errands),
      stored_(std::move(key)),
      data_folder_(std::move(data_folder)),
      remembering_(std::move(remembering)) {}

std::optional<BaseKeys::Held> KeystoreSource::held() const {
  if (!key_) return std::nullopt;
  return Held{key_, kNever};
}

void KeystoreSource::get(OnKey done) {
  if (key_) return done(key_);
  if (failed_ && context_.clock.since_boot() - failed_at_ < kPause) return done(std::unexpected(*failed_));
  waiting_.push_back(std::move(done));
  if (waiting_.size() == 1) begin();
}

void KeystoreSource::begin() {
  tries_ = 0;
  const bool asked = stored_.store == KeyStoreKind::kFile && stored_.protection == KeyProtection::kPassphrase;
  if (!asked) return run_program();
  if (!open_with_what_is_kept()) ask_passphrase();
}

// What does not open this key any more, as after a rotation, is as good as none.
bool KeystoreSource::open_with_what_is_kept() {
  if (!remembering_.store) return false;
  const auto now = std::chrono::floor<std::chrono::seconds>(context_.clock.wall());
  const auto kept = remembering_.store->find(opener_name(stored_.access_key_id, stored_.profile), now, {});
  if (!kept) return false;
  ipc::Result<SecretBuffer> secret = open_with_opener(stored_, kept->secret_access_key.reveal());
  if (!secret) return false;
  if (remembering_.inform) {
    remembering_.inform("no passphrase is asked for: what opens the stored key of profile " + stored_.profile +
                        " is remembered until " + std::string(rfc3339(kept->expiration).text()) + " (--remember)");
  }
  finish(std::move(secret));
  return true;
}

// Where another run writes at this moment, this passphrase is asked for again.
void KeystoreSource::keep(const SecretBuffer& opener) const {
  if (!remembering_.store) return;
  const ipc::Result<bool> locked = remembering_.store->try_lock();
  if (!locked || !*locked) return;
  const auto now = std::chrono::floor<std::chrono::seconds>(context_.clock.wall());
  const IssuedCredentials kept{
      {stored_.access_key_id, SecretBuffer::copy_of(opener.reveal()), {}}, now + remembering_.lives, {}, {}};
  (void)remembering_.store->put(opener_name(stored_.access_key_id, stored_.profile), kept, now);
  remembering_.store->unlock();
}

void KeystoreSource::ask_passphrase() {
  const int left = kTries - tries_;
  std::string what = "the stored key " + stored_.access_key_id;
  if (tries_ > 0) {
    what += " (the last passphrase did not open it: that is wrong, or its file was changed; " + std::to_string(left) +
            (left == 1 ? " try" : " tries") + " left)";
  }
  errand_ = errands_.ask(ErrandKind::AskPassphrase, {stored_.profile, std::move(what), {}},
                         [this](const ipc::Result<SecretBuffer>& answer) { on_passphrase(answer); });
}

void KeystoreSource::on_passphrase(const ipc::Result<SecretBuffer>& answer) {
  if (!answer) return finish(std::unexpected(answer.error()));
  const ipc::Result<SecretBuffer> opener = opener_of_passphrase(stored_, answer->reveal());
  if (!opener) return finish(std::unexpected(opener.error()));
  ipc::Result<SecretBuffer> secret = open_with_opener(stored_, opener->reveal());
  if (secret) keep(*opener);
  const bool wrong = !secret && secret.error().fault == ipc::Fault::kRefused;
  if (wrong && ++tries_ < kTries) return ask_passphrase();
  finish(std::move(secret));
}

// What failed may be the shell that runs the programs of a TPM.
ipc::Error KeystoreSource::of_this_key(ipc::Error error) const {
  const KeyPlaceRow& keeper = keeper_of(stored_);
  error.what += "; it opens the stored key " + stored_.access_key_id + " (" + std::string(keeper.word) + ", by " +
                std::string(keeper.program) + ")";
  return error;
}

void KeystoreSource::run_program() {
  errand_ = errands_.ask(ErrandKind::RunKeyStore, {stored_.profile, reading_command(stored_, data_folder_), {}},
                         [this](const ipc::Result<SecretBuffer>& output) { on_output(output); });
}

void KeystoreSource::on_output(const ipc::Result<SecretBuffer>& output) {
  if (!output) return finish(std::unexpected(of_this_key(output.error())));
  finish(stored_.store == KeyStoreKind::kFile ? open_with_machine_key(stored_, output->reveal())
                                              : secret_of_entry(stored_, output->reveal()));
}

// The callback may ask again at once, so nothing of this try is left by then.
void KeystoreSource::finish(ipc::Result<SecretBuffer> secret) {
  const std::unique_ptr<Errand> over = std::move(errand_);
  const std::vector<OnKey> waiting = std::exchange(waiting_, {});
  if (!secret) {
    failed_ = secret.error();
    failed_at_ = context_.clock.since_boot();
    for (const OnKey& done : waiting) done(std::unexpected(secret.error()));
    return;
  }
  failed_.reset();
  key_ = std::make_shared<const BaseKey>(BaseKey{stored_.access_key_id, std::move(*secret), {}});
  for (const OnKey& done : waiting) done(key_);
}

}  // namespace broker
