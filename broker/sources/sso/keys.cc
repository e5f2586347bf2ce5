#include "sources/sso/keys.h"

#include <utility>

#include "call/json_failure.h"
#include "call/next_step.h"
#include "sources/sso/calls.h"

namespace broker {
namespace {

using ipc::Fault;

class SsoFetch final : public KeyFetch {
 public:
  SsoFetch(std::shared_ptr<SsoSource> source, OnKeys done) : KeyFetch(std::move(done)), source_(std::move(source)) {
    sign_in({});
  }

 private:
  using Answer = std::expected<HttpAnswer, AwsCallError>;

  void sign_in(ipc::SecretBuffer refused) {
    sign_in_ = std::make_unique<SsoSignIn>(
        *source_, std::move(refused), [this](ipc::Result<ipc::SecretBuffer> token) { on_token(std::move(token)); });
  }

  void on_token(ipc::Result<ipc::SecretBuffer> token) {
    if (!token) return finish(std::unexpected(std::move(token.error())));
    token_ = std::move(*token);
    call_ = std::make_unique<AwsCall>(source_->context, get_role_credentials(source_->plan, token_.reveal()),
                                      read_json_failure, [this](const Answer& answer) { on_answer(answer); });
  }

  void on_answer(const Answer& answer) {
    if (answer) {
      auto keys = read_role_credentials(answer->body.view());
      return keys ? finish(std::move(keys)) : fail(keys.error());
    }
    const AwsFailure& failure = answer.error().failure;
    if (failure.code == "UnauthorizedException" || failure.status == 401) {
      if (std::exchange(refused_once_, true)) return fail(refused_again(answer.error().error));
      return sign_in(std::move(token_));
    }
    fail(explained(answer.error()));
  }

  [[nodiscard]] std::string role() const {
    return "role '" + source_->plan.role_name + "' in account " + source_->plan.account_id;
  }

  [[nodiscard]] ipc::Error refused_again(const ipc::Error& error) const {
    return {Fault::kRefused, "a token that was fetched anew is refused, too: " + error.what,
            "check that sso_region is the region of " + source_->plan.start_url};
  }

  [[nodiscard]] ipc::Error explained(const AwsCallError& refusal) const {
    ipc::Error error = refusal.error;
    const std::string& code = refusal.failure.code;
    const bool no_role = refusal.failure.status == 403 && !refusal.failure.is_page;
    if (code == "ForbiddenException" || code == "ResourceNotFoundException" || no_role) {
      error.what = "IAM Identity Center gives the user who is signed in no " + role() + ": " + error.what;
      error.next_step = "check sso_account_id and sso_role_name, and that the user is assigned both";
    } else if (error.next_step.empty()) {
      error.next_step = next_step_after(refusal.failure);
      if (error.next_step.empty()) error.next_step = "check sso_account_id, sso_role_name and sso_region";
    }
    return error;
  }

  void fail(ipc::Error error) {
    error.what = source_->plan.place + ": " + error.what;
    finish(std::unexpected(std::move(error)));
  }

  std::shared_ptr<SsoSource> source_;
  ipc::SecretBuffer token_;
  bool refused_once_ = false;
  std::unique_ptr<SsoSignIn> sign_in_;
  std::unique_ptr<AwsCall> call_;
};

}  // namespace

StartFetch sso_keys(AwsContext& context, ErrandDoer& errands, SsoPlan plan, SsoOptions options) {
  const auto source = std::make_shared<SsoSource>(context, errands, std::move(plan), std::move(options));
  return [source](OnKeys done) { return std::make_unique<SsoFetch>(source, std::move(done)); };
}

}  // namespace broker
