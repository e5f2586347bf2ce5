#include "keys/same_principal.h"

#include <memory>
#include <utility>

#include "aws/credentials.h"
#include "services/queries.h"

namespace broker {
namespace {

class CheckedFetch final : public KeyFetch {
 public:
  CheckedFetch(AwsContext& context, const AwsEndpoint& sts, const Principal& principal, const StartFetch& fetch,
               OnKeys done)
      : KeyFetch(std::move(done)), context_(context), sts_(sts), principal_(principal) {
    fetch_ = fetch([this](ipc::Result<IssuedCredentials> keys) { on_keys(std::move(keys)); });
  }

  [[nodiscard]] std::chrono::seconds granted() const override { return fetch_->granted(); }
  [[nodiscard]] std::chrono::seconds quiet_for() const override { return fetch_->quiet_for(); }
  [[nodiscard]] bool withdraws() const override { return fetch_->withdraws(); }

 private:
  void on_keys(ipc::Result<IssuedCredentials> keys) {
    if (!keys || principal_.arn.empty()) return finish(std::move(keys));
    keys_ = std::make_shared<IssuedCredentials>(std::move(*keys));
    call_ = ask_identity(context_, sts_, keys_, [this](const ipc::Result<Principal>& owner) { on_owner(owner); });
  }

  void on_owner(const ipc::Result<Principal>& owner) {
    if (!owner) {
      ipc::Error error = owner.error();
      error.what = "whose keys the source gives now is not known: " + error.what;
      return finish(std::unexpected(std::move(error)));
    }
    if (is_same_principal(*owner, principal_)) return finish(std::move(*keys_));
    finish(ipc::fail(ipc::Fault::kRefused,
                     "the source gives the keys of " + owner->arn + " now, and this run began as " + principal_.arn,
                     "start again, so that the policy judges who it is"));
  }

  AwsContext& context_;
  const AwsEndpoint& sts_;
  const Principal& principal_;
  std::unique_ptr<KeyFetch> fetch_;
  std::shared_ptr<IssuedCredentials> keys_;  // shared with the call, while it lasts
  std::unique_ptr<AwsCall> call_;
};

}  // namespace

bool is_same_principal(const Principal& one, const Principal& other) {
  return one.account == other.account && one.user == other.user &&
         without_session_name(one.arn) == without_session_name(other.arn);
}

StartFetch of_same_principal(AwsContext& context, const AwsEndpoint& sts, const Principal& principal,
                             StartFetch fetch) {
  return [&context, &sts, &principal, fetch = std::move(fetch)](OnKeys done) {
    return std::make_unique<CheckedFetch>(context, sts, principal, fetch, std::move(done));
  };
}

}  // namespace broker
