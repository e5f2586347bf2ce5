#include "sources/login/keys.h"

#include <memory>
#include <optional>
#include <utility>

#include "call/next_step.h"
#include "call/retry.h"
#include "sources/login/browser_login.h"
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
constexpr std::chrono::minutes kPatience{11};  // for another run's login, which lasts ten
constexpr int kMostTries = 2;

// What all fetches of one source share.
struct LoginSource {
  AwsContext& context;
  ErrandDoer& errands;
  LoginPlan plan;
  LoginOptions options;
  bool login_was_left = false;  // shown, and not completed: this run shows no other
  std::string given{};          // id of the key that was handed out last: it is not what a further fetch wants
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
    errand_ = source_->errands.open(
        ipc::ErrandKind::OpenLoginCache,
        {source_->options.profile, login_token_name(source_->plan.session), logs_in() ? "make" : ""},
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
    if (token) {
      token_ = std::move(*token);
      if (is_new() && left() > kRefreshAhead) return hand_out();
      why_none_.clear();
    } else {
      token_.reset();
      why_none_ =
          text && holds_no_sign_in(text->view()) ? "nobody is signed in with aws login" : of_file(token.error()).what;
      if (!logs_in()) return fail({Fault::kConfig, why_none_, by_hand()});
    }
    if (!locked_) return lock();
    token_&& ended_.empty() ? refresh() : log_in();
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
    if (token_ && is_new() && left() > kLeastLife) return hand_out();
    if (!saw_login_ && file_.another_shows_login()) say_that_we_wait();
    if (source_->context.clock.since_boot() - began_ > kPatience) {
      return fail({Fault::kUnavailable, "another process renews the keys of aws login and does not come to an end",
                   "end it, or try again"});
    }
    pause_ = source_->context.timers.after(kLookAgain, [this] { file_.nameless() ? open() : look(); });
  }

  // So that the user hears why nothing happens, and the start is given the time of a login.
  void say_that_we_wait() {
    saw_login_ = true;
    errand_ = source_->errands.show(ipc::ErrandKind::ShowLogin, {source_->options.profile, {}, {}},
                                    [](const ipc::Status&) {});
  }

  // ---- others for the refresh token

  void refresh() {
    ++tries_;
    const auto key = DpopKey::read(token_->dpop_key.reveal());
    if (!key) return fail(of_file(key.error()));
    auto proof = key->proof(login_token_url(source_->plan), source_->context.aws_now());
    if (!proof) return fail(proof.error());
    call_ = std::make_unique<AwsCall>(source_->context, refresh_login(source_->plan, *token_, std::move(*proof)),
                                      read_login_failure, [this](const Answer& answer) { on_answer(answer); });
  }

  // What is wrong with what the file holds.
  [[nodiscard]] ipc::Error of_file(ipc::Error error) const {
    if (error.fault == Fault::kUnavailable) return error;
    return {Fault::kConfig,
            "the file of aws login, " + login_token_name(source_->plan.session) + ".json, " + error.what, by_hand()};
  }

  void on_answer(const Answer& answer) {
    if (!answer) return on_refused(answer.error());
    if (const ipc::Status read = read_refreshed_login(answer->body.view(), now(), *token_); !read)
      return fail(read.error());
    keep();
  }

  // What came is used even where it cannot be put away.
  void keep() {
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
      ended_ = "the sign-in of " + source_->plan.session + " has ended: " + refusal.error.what;
      return logs_in() ? log_in() : fail({Fault::kRefused, ended_, by_hand()});
    }
    if (refusal.failure.code == "INSUFFICIENT_PERMISSIONS") {
      return fail({Fault::kRefused, refusal.error.what,
                   "have signin:CreateOAuth2Token allowed, as the managed policy SignInLocalDevelopmentAccess does"});
    }
    ipc::Error error = ipc::with_next_step(refusal.error, next_step_after(refusal.failure));
    if (error.next_step.empty()) error.next_step = passing ? "check the network, then try again" : by_hand();
    fail(std::move(error));
  }

  // ---- the user signs in

  [[nodiscard]] bool logs_in() const { return source_->options.auto_login && source_->options.browser; }
  [[nodiscard]] std::string why() const { return ended_.empty() ? why_none_ : ended_; }

  // Each of those who waited would show the page once more, to a user who has just said no.
  void log_in() {
    if (saw_login_ || source_->login_was_left) {
      return fail({Fault::kRefused, why() + ", and the login that was shown was not completed", by_hand()});
    }
    if (token_ == std::nullopt)
      (void)file_.replace(kNoSignIn);  // whoever looks meanwhile finds that nobody is signed in
    file_.say_login_is_shown();
    login_ = std::make_unique<BrowserLogin>(source_->context, source_->errands, source_->plan, source_->options.profile,
                                            [this](ipc::Result<LoginToken> token) { on_logged_in(std::move(token)); });
  }

  void on_logged_in(ipc::Result<LoginToken> token) {
    if (token) {
      token_ = std::move(*token);
      return keep();
    }
    source_->login_was_left = true;
    const ipc::Error error = token.error();
    fail({error.fault, why() + ", and logging in failed: " + error.what,
          error.next_step.empty() ? by_hand() : error.next_step});
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

  [[nodiscard]] std::string by_hand() const {
    const LoginOptions& options = source_->options;
    const std::string run = "run `aws login --profile " + options.profile + "`";
    if (!options.auto_login) return run + ", or start with --auto-login";
    return options.browser ? run : run + "; no browser of this host can be sent back here, so add --remote";
  }
  [[nodiscard]] bool is_new() const { return token_->access_key_id != source_->given; }
  [[nodiscard]] std::chrono::sys_seconds now() const {
    return std::chrono::floor<std::chrono::seconds>(source_->context.clock.wall());
  }
  [[nodiscard]] std::chrono::seconds left() const { return token_->ends - now(); }

  std::shared_ptr<LoginSource> source_;
  SignInFile file_;
  std::optional<LoginToken> token_;
  bool locked_ = false, saw_login_ = false;
  int tries_ = 0;
  std::string why_none_, ended_;  // why there is no token, or none that can be renewed
  std::unique_ptr<BrowserLogin> login_;
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
