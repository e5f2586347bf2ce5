// Opens a long-term key out of the key store, once (the source `store`): by the user's passphrase or by the program
// that keeps what opens it.
//
// Blocks: half a second for each passphrase that is tried (scrypt; nothing is served
// before the key is there).   Owns: the key. However many ask, the user is asked once.
// Fails: with what the store, its program or the user's passphrase did wrong; a caller that asks again within kPause
// gets the same answer, so that no client makes the user be asked over and over.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "call/context.h"
#include "call/signing_keys.h"
#include "keys/errands.h"
#include "keystore/entry.h"
#include "profile/plan.h"
#include "sources/shared_sessions.h"

namespace broker {

// Takes the file that `plan` names into it, while files may be read. Fails: as KeystoreFolder::read and
// parse_stored_key.
ipc::Status load_stored_key(StoredKeyPlan& plan, std::string_view data_folder);

// What opens a key may be kept for the next runs (--remember).
struct Remembering {
  const SessionStore* store = nullptr;  // null: it is asked for each time
  std::chrono::seconds lives{0};
  std::function<void(const std::string&)> inform{};
};
// The longest that is allowed; what is kept is named by it.
inline constexpr std::chrono::hours kLongestRemembered{12};
[[nodiscard]] SessionName opener_name(std::string_view access_key_id, std::string_view profile);

class KeystoreSource final : public BaseKeys {
 public:
  static constexpr int kTries = 3;
  static constexpr std::chrono::seconds kPause{60};

  // `context` and `errands` outlive it.
  KeystoreSource(AwsContext& context, ErrandDoer& errands, KeystoreEntry key, std::string data_folder,
                 Remembering remembering = {});
  void get(OnKey done) override;
  [[nodiscard]] std::optional<Held> held() const override;

 private:
  void begin();
  bool open_with_what_is_kept();
  void keep(const ipc::SecretBuffer& opener) const;
  void ask_passphrase();
  void on_passphrase(const ipc::Result<ipc::SecretBuffer>& answer);
  void run_program();
  [[nodiscard]] ipc::Error of_this_key(ipc::Error error) const;
  void on_output(const ipc::Result<ipc::SecretBuffer>& output);
  void finish(ipc::Result<ipc::SecretBuffer> secret);

  AwsContext& context_;
  ErrandDoer& errands_;
  KeystoreEntry stored_;
  std::string data_folder_;
  Remembering remembering_;
  SharedKey key_;
  int tries_ = 0;
  std::unique_ptr<Errand> errand_;
  std::vector<OnKey> waiting_;
  std::optional<ipc::Error> failed_;
  Clock::SinceBoot failed_at_{};
};

}  // namespace broker
