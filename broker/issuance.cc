#include "issuance.h"

#include <algorithm>
#include <utility>

#include "source_identity.h"
#include "sts.h"

namespace broker {
namespace {

using ipc::Fault;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kShortest = minutes(15);
constexpr seconds kLongestChained = hours(1);
constexpr seconds kLongestRole = hours(12);
constexpr seconds kLongestSession = hours(36);
constexpr seconds kDefault = hours(1);

}  // namespace

ipc::Result<seconds> issued_lifetime(const ResolvedProfile& profile, seconds wanted) {
  const bool has_roles = !profile.chain.empty();
  const bool temporary = !profile.base.session_token.empty();
  if (!has_roles && temporary) {
    return ipc::fail(Fault::kConfig,
                     "the key of profile '" + profile.base_profile +
                         "' is already temporary, and STS gives no session for such a key",
                     "use a profile with role_arn, or a long-term key");
  }
  if (wanted == seconds(0) && has_roles) wanted = profile.chain.back().duration;
  if (wanted == seconds(0)) wanted = kDefault;
  const bool chained = profile.chain.size() > 1 || (has_roles && temporary);
  if (chained) wanted = std::min(wanted, kLongestChained);
  const seconds longest = has_roles ? kLongestRole : kLongestSession;
  if (wanted < kShortest) {
    return ipc::fail(Fault::kConfig,
                     "STS issues no keys for " + std::to_string(wanted.count()) + " s; 15 minutes is its shortest",
                     "raise --server-duration, or the policy's max_server_duration, to 15m or more");
  }
  if (wanted > longest) {
    return ipc::fail(Fault::kConfig,
                     "STS issues no keys for " + std::to_string(wanted.count()) + " s; " +
                         std::to_string(std::chrono::duration_cast<hours>(longest).count()) +
                         " hours is its longest here",
                     "lower --server-duration");
  }
  return wanted;
}

Issuance::Issuance(AwsContext& context, const ResolvedProfile& profile, const IssueTerms& terms, OnDone done)
    : context_(context), profile_(profile), done_(std::move(done)) {
  if (const ipc::Status ready = prepare(terms); !ready) {
    early_failure_ = context_.timers.after(std::chrono::milliseconds(0),
                                           [this, error = ready.error()] { finish(std::unexpected(error)); });
    return;
  }
  next_link();
}

ipc::Status Issuance::prepare(const IssueTerms& terms) {
  const auto lifetime = issued_lifetime(profile_, terms.duration);
  if (!lifetime) return std::unexpected(lifetime.error());
  lifetime_ = *lifetime;
  const auto id = new_request_id();
  if (!id) return std::unexpected(id.error());
  auto identity = format_source_identity(terms.user, terms.marker, *id);
  if (!identity) return std::unexpected(identity.error());
  source_identity_ = std::move(*identity);
  session_name_ = role_session_name(terms.user, *id);
  return {};
}

// Every link carries the same source identity: STS lets a chain set it once and never change it.
void Issuance::next_link() {
  AwsRequest request;
  if (profile_.chain.empty()) {
    request = get_session_token(profile_.sts, lifetime_);
  } else {
    const RoleStep& step = profile_.chain[link_];
    const bool last = link_ + 1 == profile_.chain.size();
    request = assume_role(
        profile_.sts, {step.role_arn, session_name_, source_identity_, step.external_id, last ? lifetime_ : kShortest});
  }
  call_ = std::make_unique<AwsCall>(
      context_, std::move(request), signing_key(), read_sts_failure,
      [this](std::expected<HttpAnswer, AwsCallError> outcome) { on_answer(std::move(outcome)); });
}

void Issuance::on_answer(std::expected<HttpAnswer, AwsCallError> outcome) {
  const bool session = profile_.chain.empty();
  const std::string_view action = session ? "GetSessionToken" : "AssumeRole";
  if (!outcome) {
    ipc::Error error = std::move(outcome.error().error);
    error.what = describe_link() + error.what;
    if (error.next_step.empty()) error.next_step = sts_next_step(action, outcome.error().failure.code);
    return finish(std::unexpected(std::move(error)));
  }
  auto keys = read_credentials(action, outcome->body.view());
  if (!keys) {
    keys.error().what = describe_link() + keys.error().what;
    return finish(std::unexpected(std::move(keys.error())));
  }
  if (!session && link_ + 1 < profile_.chain.size()) {
    ++link_;
    // The call that used the old key is through; next_link() replaces it.
    hop_key_ =
        BaseKey{std::move(keys->access_key_id), std::move(keys->secret_access_key), std::move(keys->session_token)};
    return next_link();
  }
  if (!session) {
    keys->source_identity = source_identity_;
    keys->role_arn = profile_.chain.back().role_arn;
  }
  finish(std::move(keys));
}

std::string Issuance::describe_link() const {
  if (profile_.chain.empty()) return "session for the key of profile '" + profile_.base_profile + "': ";
  const RoleStep& step = profile_.chain[link_];
  return "role " + std::to_string(link_ + 1) + " of " + std::to_string(profile_.chain.size()) + " (" + step.role_arn +
         ", profile '" + step.profile + "'): ";
}

void Issuance::finish(ipc::Result<IssuedCredentials> result) {
  const OnDone done = std::move(done_);
  done(std::move(result));  // last: it may have destroyed this run
}

}  // namespace broker
