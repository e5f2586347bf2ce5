#include "sources/login/keys.h"

#include <memory>
#include <optional>
#include <utility>

#include "call/next_step.h"
#include "call/retry.h"
#include "sources/login/calls.h"
#include "sources/login/dpop.h"
#include "sources/login/token.h"
#include "sources/sign_in/file.h"

namespace broker {
namespace {

using ipc::Fault;
using Answer = std::expected<HttpAnswer, AwsCallError>;

constexpr std::chrono::minutes kRefreshAhead{5};  // as botocore
constexpr std::chrono::seconds kLeastLife{60};    // of keys that are used where no others can be had
constexpr std::chrono::milliseconds kLookAgain{500};
constexpr std::chrono::minutes kPatience{2};  // for another run's call
constexpr int kMostTries = 2;

// What all fetches of one source share.
struct LoginSource {
  AwsContext& context;
  ErrandDoer& errands;
  LoginPlan plan;
  LoginOptions options;
  std::string given{};  // id of the key that was handed out last: it is not what a further fetch wants
};

class LoginFetch final : public KeyFetch {
 public:
  LoginFetch(std::shared_ptr<LoginSource> source, OnKeys done)
      : KeyFetch(std::move(done)), source_(std::move(source)), began_(source_->context.clock.since_boot()) {
    open();
  }

 private:
  // ---- the file

  void open() {
    locked_ = false;
    errand_ = source_->errands.open(ipc::ErrandKind::OpenLoginCache,
                                    {source_->options.profile, login_token_name(source_->plan.session), {}},
                                    [this](ipc::Result<ipc::UniqueFd> file) { on_file(std::move(file)); });
  }

  void on_file(ipc::Result<ipc::UniqueFd> file) {
    if (!file) return fail(file.error());
    file_ = SignInFile(std::move(*file));
    look();
  }

  // Every way leads here again: with the lock, after a wait, after a refusal.
  void look() {
    const auto text = file_.read();
    auto token = text ? read_login_token(text->view()) : ipc::Result<LoginToken>(std::unexpected(text.error()));
    if (!token && token.error().fault == Fault::kUnavailable) {
      return fail({Fault::kUnavailable, "the file of aws login " + token.error().what, token.error().next_step});
    }
    if (!token) {
      return fail({Fault::kConfig,
                   "the file of aws login, " + login_token_name(source_->plan.session) + ".json, " + token.error().what,
                   by_hand()});
    }
    token_ = std::move(*token);
    if (is_new() && left() > kRefreshAhead) return hand_out();
    if (!locked_) return lock();
    refresh();
  }

  void lock() {
    const auto locked = file_.try_lock();
    if (!locked)
      return fail(
          {Fault::kSystem, "the file of aws login " + locked.error().what, "check the file system that it lies on"});
    if (!*locked) return wait();
    locked_ = true;
    if (file_.nameless()) return open();
    look();
  }

  // Another run is at it. Keys that are still good are good enough meanwhile.
  void wait() {
    if (is_new() && left() > kLeastLife) return hand_out();
    if (source_->context.clock.since_boot() - began_ > kPatience) {
      return fail({Fault::kUnavailable, "another process renews the keys of aws login and does not come to an end",
                   "end it, or try again"});
    }
    pause_ = source_->context.timers.after(kLookAgain, [this] { file_.nameless() ? open() : look(); });
  }

  // ---- others for the refresh token

  void refresh() {
    ++tries_;
    const auto key = DpopKey::read(token_->dpop_key.reveal());
    if (!key) return fail(of_key(key.error()));
    auto proof = key->proof(login_token_url(source_->plan), source_->context.aws_now());
    if (!proof) return fail(proof.error());
    call_ = std::make_unique<AwsCall>(source_->context, refresh_login(source_->plan, *token_, std::move(*proof)),
                                      read_login_failure, [this](const Answer& answer) { on_answer(answer); });
  }

  [[nodiscard]] ipc::Error of_key(ipc::Error error) const {
    if (error.fault == Fault::kUnavailable) return error;
    return {Fault::kConfig,
            "the file of aws login, " + login_token_name(source_->plan.session) + ".json, " + error.what, by_hand()};
  }

  void on_answer(const Answer& answer) {
    if (!answer) return on_refused(answer.error());
    if (const ipc::Status read = read_refreshed_login(answer->body.view(), now(), *token_); !read)
      return fail(read.error());
    const ipc::Status kept = file_.replace(login_token_text(*token_));
    if (!kept && source_->options.warn) {
      source_->options.warn("the file of aws login " + kept.error().what +
                            ": the next program that wants its keys may have to log in again");
    }
    hand_out();
  }

  // A proof made by a clock that was wrong, and a call that never came through, are worth another proof. Where the AWS
  // CLI was faster, what it got is in a file by now.
  void on_refused(const AwsCallError& refusal) {
    const bool passing = refusal.error.fault == Fault::kUnavailable;
    if (tries_ < kMostTries && (passing || clock_was_wrong(refusal.failure) || file_.nameless()))
      return file_.nameless() ? open() : look();
    if (passing && is_new() && left() > kLeastLife) return hand_out();
    if (login_has_ended(refusal.failure)) {
      return fail({Fault::kRefused, "the sign-in of " + source_->plan.session + " has ended: " + refusal.error.what,
                   by_hand()});
    }
    if (refusal.failure.code == "INSUFFICIENT_PERMISSIONS") {
      return fail({Fault::kRefused, refusal.error.what,
                   "have signin:CreateOAuth2Token allowed, as the managed policy SignInLocalDevelopmentAccess does"});
    }
    ipc::Error error = ipc::with_next_step(refusal.error, next_step_after(refusal.failure));
    if (error.next_step.empty()) error.next_step = passing ? "check the network, then try again" : by_hand();
    fail(std::move(error));
  }

  [[nodiscard]] bool clock_was_wrong(const AwsFailure& failure) {
    AwsContext& context = source_->context;
    const auto off = clock_correction(failure.date, context.aws_now());
    if (!off || failure.code != "INVALID_REQUEST") return false;
    context.clock_offset += *off;
    if (context.clock_learned) context.clock_learned();
    return true;
  }

  // ---- the end

  void hand_out() {
    IssuedCredentials keys;
    keys.access_key_id = token_->access_key_id;
    keys.secret_access_key = std::move(token_->secret_access_key);
    keys.session_token = std::move(token_->session_token);
    keys.expiration = token_->ends + source_->context.clock_offset;
    source_->given = keys.access_key_id;
    end(std::move(keys));
  }

  void fail(ipc::Error error) {
    error.what = source_->plan.place + ": " + error.what;
    end(std::unexpected(std::move(error)));
  }

  void end(ipc::Result<IssuedCredentials> outcome) {
    errand_.reset();
    call_.reset();
    pause_.reset();
    file_ = SignInFile();  // and its lock
    finish(std::move(outcome));
  }

  [[nodiscard]] std::string by_hand() const { return "run `aws login --profile " + source_->options.profile + "`"; }
  [[nodiscard]] bool is_new() const { return token_->access_key_id != source_->given; }
  [[nodiscard]] std::chrono::sys_seconds now() const {
    return std::chrono::floor<std::chrono::seconds>(source_->context.clock.wall());
  }
  [[nodiscard]] std::chrono::seconds left() const { return token_->ends - now(); }

  std::shared_ptr<LoginSource> source_;
  SignInFile file_;
  std::optional<LoginToken> token_;
  bool locked_ = false;
  int tries_ = 0;
  Clock::SinceBoot began_;
  std::unique_ptr<Errand> errand_;
  std::unique_ptr<AwsCall> call_;
  std::unique_ptr<Timer> pause_;
};

}  // namespace

StartFetch login_keys(AwsContext& context, ErrandDoer& errands, LoginPlan plan, LoginOptions options) {
  const auto source = std::make_shared<LoginSource>(context, errands, std::move(plan), std::move(options));
  return [source](OnKeys done) { return std::make_unique<LoginFetch>(source, std::move(done)); };
}

}  // namespace broker
