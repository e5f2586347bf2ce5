#include "sources/mfa_session.h"

#include <algorithm>
#include <utility>

#include "host/callback_guard.h"
#include "keys/same_principal.h"
#include "services/queries.h"
#include "services/sts.h"
#include "text/ascii.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using ipc::Fault;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLookAgain{250};  // for the lock that another run holds while its user looks for the device
constexpr int kSayEvery = 32;            // looks: eight seconds
// Looks: six minutes, one more than a user has for a code. Any program of the user can hold a lock for ever.
constexpr int kMostLooks = 6 * 60 * 4;
constexpr seconds kLeastShared{30 * 60};  // with less left the user is asked, who then has that long
constexpr std::size_t kCodeDigits = 6;

bool is_code(std::string_view text) { return text.size() == kCodeDigits && std::ranges::all_of(text, is_digit); }

// AWS's words for a code that is wrong, old or used, and for a device that is not this user's: no code helps then.
bool is_wrong_device(const AwsFailure& failure) {
  return failure.code == "AccessDenied" && failure.message.contains("verify your MFA serial number");
}
bool is_wrong_code(const AwsFailure& failure) {
  return failure.code == "AccessDenied" && failure.message.contains("MultiFactorAuthentication failed") &&
         !is_wrong_device(failure);
}

class MfaFetch final : public KeyFetch {
 public:
  MfaFetch(const MfaParts& parts, BaseKeys& long_term, MfaKeys::Seen& seen, OnKeys done)
      : KeyFetch(std::move(done)), parts_(parts), seen_(seen) {
    // Not from inside the constructor, whatever holds the key does.
    pause_ = parts_.context.timers.after(milliseconds(0), [this, &long_term] {
      long_term.get(presence_.guard([this](const ipc::Result<SharedKey>& key) { on_key(key); }));
    });
  }
  ~MfaFetch() override {
    if (locked_) parts_.store->unlock();
  }

  [[nodiscard]] seconds granted() const override { return parts_.duration; }
  [[nodiscard]] seconds quiet_for() const override { return asked_in_vain_ ? MfaKeys::kQuiet : seconds(0); }

 private:
  void on_key(const ipc::Result<SharedKey>& key) {
    if (!key) return end(std::unexpected(key.error()));
    if (!(*key)->session_token.empty()) {
      return end(ipc::fail(Fault::kConfig,
                           parts_.plan.place + ": profile '" + parts_.plan.profile +
                               "' names an MFA device, and its key is a temporary one",
                           "a code goes with a long-term key alone: remove mfa_serial, or use another source"));
    }
    key_ = *key;
    name_ = {key_->access_key_id, parts_.plan.serial, parts_.duration};
    take_turn();
  }

  [[nodiscard]] std::optional<IssuedCredentials> shared_session() const {
    auto found = parts_.store->find(name_, parts_.context.aws_now(), kLeastShared);
    if (found && (found->access_key_id == seen_.refused || found->access_key_id == foreign_)) found.reset();
    return found;
  }

  // One that another run has made; else this run makes one, when it is its turn.
  void take_turn() {
    if (!parts_.store) return ask();
    if (auto shared = shared_session()) {
      if (shared->access_key_id == seen_.good) return end(std::move(*shared));
      return check_owner(std::move(*shared));
    }
    if (locked_) return ask();
    const ipc::Result<bool> locked = parts_.store->try_lock();
    if (!locked) return ask();                           // a file that cannot be locked shares nothing
    if (!*locked && looks_ == kMostLooks) return ask();  // its holder does not ask the user; nothing is shared then
    if (!*locked) {
      if (looks_++ % kSayEvery == 0) {
        parts_.errands.say_waiting("waiting for the MFA code that another run of yours is asking for");
      }
      pause_ = parts_.context.timers.after(kLookAgain, [this] { take_turn(); });
      return;
    }
    locked_ = true;
    take_turn();  // another may have made one meanwhile
  }

  // ---- a session of the store

  void check_owner(IssuedCredentials session) {
    shared_ = std::make_shared<IssuedCredentials>(std::move(session));
    call_ = ask_identity(parts_.context, parts_.sts, key_, [this](const ipc::Result<Principal>& owner) {
      if (!owner) return end(std::unexpected(owner.error()));
      key_owner_ = *owner;
      ask_whose_it_is();
    });
  }

  void ask_whose_it_is() {
    call_ = ask_identity(parts_.context, parts_.sts, shared_, [this](const ipc::Result<Principal>& owner) {
      if (owner && is_same_principal(*owner, key_owner_)) return use_shared();
      if (!owner && owner.error().fault != Fault::kRefused) return end(std::unexpected(owner.error()));
      foreign_ = std::exchange(shared_, nullptr)->access_key_id;  // or one that AWS has forgotten
      if (owner && parts_.sharing.warn) {
        parts_.sharing.warn("the shared MFA session of device " + parts_.plan.serial + " belongs to " + owner->arn +
                            ", and the key of profile " + parts_.plan.profile + " to " + key_owner_.arn +
                            ": it is not used, and some program of yours has put it there; look for that program");
      }
      take_turn();
    });
  }

  void use_shared() {
    seen_.good = shared_->access_key_id;
    const std::chrono::sys_seconds made = shared_->expiration - parts_.duration;
    if (parts_.sharing.took) parts_.sharing.took(made);
    if (parts_.sharing.inform) {
      parts_.sharing.inform("no code is asked for: the MFA session of profile " + parts_.plan.profile +
                            " that another run of yours made at " + std::string(rfc3339(made).text()) +
                            " is used (--share-mfa)");
    }
    end(std::move(*shared_));
  }

  // ---- a session of one's own

  void ask() {
    ++tries_;
    const std::string detail = tries_ > 1 ? "the last code was refused" : "";
    const auto answered = [this](ipc::Result<ipc::SecretBuffer> code) { on_code(std::move(code)); };
    if (parts_.plan.process.empty()) {
      errand_ =
          parts_.errands.ask(ipc::ErrandKind::AskCode, {parts_.plan.profile, parts_.plan.serial, detail}, answered);
    } else {
      errand_ =
          parts_.errands.ask(ipc::ErrandKind::RunMfaProcess, {parts_.plan.profile, parts_.plan.process, {}}, answered);
    }
  }

  void on_code(ipc::Result<ipc::SecretBuffer> code) {
    if (!code) {
      asked_in_vain_ = true;
      ipc::Error error = std::move(code.error());
      const std::string first = tries_ > 1 ? "AWS refused the MFA code, and no other came" : "no MFA code";
      error.what = first + " for profile '" + parts_.plan.profile + "': " + error.what;
      return end(std::unexpected(std::move(error)));
    }
    const std::string_view digits = trimmed(code->reveal());
    if (!is_code(digits)) return ask_again("an MFA code has six digits, and what came has not");
    call_ = std::make_unique<AwsCall>(
        parts_.context, get_session_token(parts_.sts, parts_.duration, {parts_.plan.serial, std::string(digits)}), key_,
        read_sts_failure, [this](std::expected<HttpAnswer, AwsCallError> answer) { on_answer(std::move(answer)); });
  }

  void on_answer(std::expected<HttpAnswer, AwsCallError> answer) {
    if (!answer && is_wrong_code(answer.error().failure)) {
      return ask_again("AWS refused the MFA code of device " + parts_.plan.serial);
    }
    if (!answer) {
      ipc::Error error = std::move(answer.error().error);
      error.what = "MFA session for the key of profile '" + parts_.plan.profile + "': " + error.what;
      if (is_wrong_device(answer.error().failure)) {
        asked_in_vain_ = true;
        error.next_step = "check mfa_serial: " + parts_.plan.serial +
                          " is no device of this key's user; aws iam list-mfa-devices names those that are";
      }
      if (error.next_step.empty()) error.next_step = sts_next_step("GetSessionToken", answer.error().failure);
      return end(std::unexpected(std::move(error)));
    }
    auto session = read_credentials("GetSessionToken", answer->body.view());
    if (session && parts_.store && locked_) {
      (void)parts_.store->put(name_, *session, parts_.context.aws_now());  // else the next run asks for itself
    }
    if (session) {
      seen_.good = session->access_key_id;
      say_how_to_share();
    }
    end(std::move(session));
  }

  // Where a human was asked whom another run could have spared it.
  void say_how_to_share() {
    if (parts_.sharing.asked_for || !parts_.sharing.inform || !parts_.plan.process.empty()) return;
    parts_.sharing.inform(
        "this MFA session is this run's alone, and the next run asks for a code again; --share-mfa lets your "
        "runs share one, and other programs of yours may be able to use it then");
  }

  void ask_again(std::string why) {
    const bool may_mend = parts_.plan.process.empty() && tries_ < MfaKeys::kTries;
    if (may_mend) return ask();
    asked_in_vain_ = true;
    end(ipc::fail(Fault::kRefused, std::move(why),
                  parts_.plan.process.empty()
                      ? "wait for the next code: each works once; check mfa_serial and the device's clock"
                      : "run the mfa_process of " + parts_.plan.place + " by hand and look at what it prints"));
  }

  void end(ipc::Result<IssuedCredentials> result) {
    if (std::exchange(locked_, false)) parts_.store->unlock();
    finish(std::move(result));
  }

  const MfaParts& parts_;
  MfaKeys::Seen& seen_;
  SharedKey key_;
  Principal key_owner_;
  std::shared_ptr<IssuedCredentials> shared_;  // shared with the call that asks whose it is
  std::string foreign_;                        // key id of a session that is not to be used
  SessionName name_;
  int tries_ = 0, looks_ = 0;
  bool locked_ = false, asked_in_vain_ = false;
  std::unique_ptr<Timer> pause_;
  std::unique_ptr<Errand> errand_;
  std::unique_ptr<AwsCall> call_;
  CallbackGuard presence_;  // for a key that comes when the fetch is gone
};

}  // namespace

MfaKeys::MfaKeys(MfaParts parts, std::unique_ptr<BaseKeys> long_term, KeyEvents events)
    : parts_(std::move(parts)),
      long_term_(std::move(long_term)),
      session_(parts_.context,
               of_same_principal(parts_.context, parts_.sts, parts_.principal,
                                 [this](OnKeys done) {
                                   return std::make_unique<MfaFetch>(parts_, *long_term_, seen_, std::move(done));
                                 }),
               std::move(events)) {}

bool MfaKeys::refuse(const SharedKey& key) {
  seen_.refused = key->access_key_id;
  return session_.refuse(key);
}

}  // namespace broker
