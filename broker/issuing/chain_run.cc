#include "issuing/chain_run.h"

#include <algorithm>
#include <utility>

#include "aws/source_identity.h"
#include "call/signing_keys.h"
#include "ipc/sts_limits.h"
#include "policy/narrowing.h"
#include "sources/web_identity.h"

namespace broker {
namespace {

using ipc::Fault;
using std::chrono::seconds;

constexpr std::string_view kOrWithoutName =
    "; or write source_identity: if_allowed in the policy's rule: then the role is assumed without the name, and "
    "CloudTrail does not show it";
constexpr std::string_view kWhatIsLeft = "what is left of the approval or event ";

// A clause about a lifetime, with its subject.
std::unexpected<ipc::Error> blamed(std::string_view subject, ipc::Error error) {
  error.what.insert(0, subject);
  return std::unexpected(std::move(error));
}

NarrowedSession narrowed_session(const Narrowing& narrowing, std::optional<std::chrono::sys_seconds> hard_end) {
  return {session_policy_document(narrowing, hard_end), narrowing.managed_policies, narrowing.tags};
}

}  // namespace

RoleChainRun::RoleChainRun(AwsContext& context, const ResolvedProfile& profile, IssueTerms terms, OnKeys done,
                           ErrandDoer* errands, std::string caller)
    : KeyFetch(std::move(done)),
      context_(context),
      profile_(profile),
      terms_(std::move(terms)),
      errands_(errands),
      caller_(std::move(caller)) {
  if (profile_.chain.empty()) by_token_ = std::get_if<WebIdentityPlan>(&profile_.base);
  if (const ipc::Status ready = prepare(); !ready) {
    fail_later(ready.error());
  } else {
    begin();
  }
}

void RoleChainRun::begin() {
  if (by_token_) return ask_by_token();
  profile_.chain.empty() ? ask_base() : next_link();
}

void RoleChainRun::fail_later(ipc::Error error) { finish_later(std::unexpected(std::move(error))); }

// The constructor itself calls nothing back.
void RoleChainRun::finish_later(ipc::Result<IssuedCredentials> result) {
  auto kept = std::make_shared<ipc::Result<IssuedCredentials>>(std::move(result));
  early_end_ = context_.timers.after(std::chrono::milliseconds(0), [this, kept] { finish(std::move(*kept)); });
}

// ---- without roles -------------------------------------------------------------------------------------------------

void RoleChainRun::ask_base() {
  if (!context_.keys) return fail_later({Fault::kSystem, "there is no key to begin with", {}});
  context_.keys->get(presence_.guard([this](const ipc::Result<std::shared_ptr<const BaseKey>>& key) { on_base(key); }));
}

void RoleChainRun::on_base(const ipc::Result<std::shared_ptr<const BaseKey>>& key) {
  if (!key) return fail_later(key.error());
  if ((*key)->session_token.empty()) return next_link();
  hand_on(**key);
}

// Judged at each request (decide/authorize.h); here so that no other way leads to keys that outlive what permits them:
// the first key may have been another one then.
ipc::Status RoleChainRun::may_be_handed_on(std::chrono::sys_seconds expiration) const {
  const std::chrono::sys_seconds now = context_.aws_now();
  const auto left = expiration == kNever ? std::nullopt : std::optional<seconds>(expiration - now);
  if (ipc::Status fits = can_be_handed_on(terms_.lifetime.cap, left); !fits) return blamed("the rule ", fits.error());
  if (!terms_.no_later_than) return {};
  ipc::Status fits = can_be_handed_on(*terms_.no_later_than - now, left);
  return fits ? fits : blamed(kWhatIsLeft, fits.error());
}

// What is told is the earlier of its own end and the one that was asked for; AWS knows the former alone.
void RoleChainRun::hand_on(const BaseKey& key) {
  auto secret = key.secret_access_key.clone(), token = key.session_token.clone();
  if (!secret || !token) {
    ipc::Error error = !secret ? std::move(secret.error()) : std::move(token.error());
    error.what = "one more copy of the keys of profile '" + profile_.base_profile + "' " + error.what;
    return fail_later(std::move(error));
  }
  IssuedCredentials keys{{key.access_key_id, std::move(*secret), std::move(*token)}, kNever, {}, {}};
  if (const auto held = context_.keys->held()) keys.expiration = held->expiration;
  if (const ipc::Status may = may_be_handed_on(keys.expiration); !may) return fail_later(may.error());
  keys.expiration = std::min(keys.expiration, context_.aws_now() + lifetime_.granted);
  if (terms_.no_later_than) keys.expiration = std::min(keys.expiration, *terms_.no_later_than);
  finish_later(std::move(keys));
}

// ---- by a web identity ---------------------------------------------------------------------------------------------

void RoleChainRun::ask_by_token() {
  if (!errands_) return fail_later({Fault::kSystem, "nobody can fetch the web identity's token", {}});
  WebIdentityTerms terms{session_name_, lifetime_.asked};
  if (terms_.narrowing) terms.narrowing = narrowed_session(*terms_.narrowing, hard_end_);
  token_fetch_ = std::make_unique<WebIdentityFetch>(context_, *errands_, *by_token_, profile_.sts, std::move(terms),
                                                    [this](ipc::Result<IssuedCredentials> keys) {
                                                      if (!keys) return finish(std::move(keys));
                                                      settle(std::move(*keys));
                                                    });
}

// ---- links ---------------------------------------------------------------------------------------------------------

// Checked when the policy is loaded; here so that no other way leads to keys that are wider than their rule says.
ipc::Status RoleChainRun::can_be_narrowed() const {
  if (!terms_.narrowing) return {};
  if (profile_.chain.empty() && !by_token_) {
    return ipc::fail(Fault::kConfig, "only a role's credentials can be narrowed, and this profile has no role",
                     "use a profile with role_arn, or take restrict out of the rule");
  }
  if (by_token_ && !terms_.narrowing->tags.empty()) {
    return ipc::fail(Fault::kConfig, "a role that is assumed with a web identity takes no tags but its token's",
                     "take the tags out of the rule's restrict");
  }
  return {};
}

ipc::Status RoleChainRun::prepare() {
  if (ipc::Status narrowed = can_be_narrowed(); !narrowed) return narrowed;
  if (ipc::Status fixed = fix_end(); !fixed) return fixed;
  const auto id = new_request_id();
  if (!id) return std::unexpected(id.error());
  if (terms_.source_identity == SourceIdentity::kOff) {
    if (!profile_.chain.empty()) unnamed_ = "the rule says source_identity: off";
  } else if (!terms_.marker.empty()) {
    auto identity = format_source_identity(terms_.user, terms_.marker, *id);
    if (!identity) return std::unexpected(identity.error());
    source_identity_ = std::move(*identity);
  }
  session_name_ = role_session_name(terms_.user, *id);
  return {};
}

// Counted from this moment: of an override there is less left than when the permit was made.
ipc::Status RoleChainRun::fix_end() {
  const std::chrono::sys_seconds now = context_.aws_now();
  const seconds left = terms_.no_later_than ? *terms_.no_later_than - now : seconds::max();
  const ipc::Result<Lifetime> lifetime = shortened(terms_.lifetime, left);
  if (!lifetime) return blamed(kWhatIsLeft, lifetime.error());
  lifetime_ = *lifetime;
  if (lifetime_.hard_end) hard_end_ = now + lifetime_.granted;
  return {};
}

// Every link that sets it sets the same source identity: STS lets a chain set it once and never change it.
void RoleChainRun::next_link() {
  AwsRequest request;
  if (profile_.chain.empty()) {
    request = get_session_token(profile_.sts, lifetime_.asked);
  } else {
    const RoleStep& step = profile_.chain[link_];
    AssumeRoleTerms terms{step.role_arn,
                          step.session_name.empty() ? session_name_ : step.session_name,
                          link_ < named_from_ ? std::string() : source_identity_,
                          step.external_id,
                          ipc::sts::kShortest,
                          {}};
    terms.tags = step.tags;
    terms.transitive_tags = step.transitive_tags;
    if (link_ + 1 == profile_.chain.size()) {
      if (const ipc::Status fixed = fix_end(); !fixed) return fail_later(fixed.error());
      terms.duration = lifetime_.asked;
      if (terms_.narrowing) terms.narrowing = narrowed_session(*terms_.narrowing, hard_end_);
    }
    request = assume_role(profile_.sts, terms);
  }
  call_ = std::make_unique<AwsCall>(
      context_, std::move(request), hop_key_, read_sts_failure,
      [this](std::expected<HttpAnswer, AwsCallError> outcome) { on_answer(std::move(outcome)); });
}

void RoleChainRun::on_answer(std::expected<HttpAnswer, AwsCallError> outcome) {
  const bool session = profile_.chain.empty();
  const std::string_view action = session ? "GetSessionToken" : "AssumeRole";
  if (!outcome) return on_refusal(std::move(outcome.error()), action);
  auto keys = read_credentials(action, outcome->body.view());
  if (!keys) {
    keys.error().what = describe_link() + keys.error().what;
    return finish(std::unexpected(std::move(keys.error())));
  }
  if (!session && link_ + 1 < profile_.chain.size()) {
    ++link_;
    // The call that used the old key is through; next_link() replaces it.
    hop_key_ = std::make_shared<const BaseKey>(std::move(*keys));
    return next_link();
  }
  if (!session) {
    if (link_ >= named_from_ && !source_identity_.empty()) keys->source_identity = source_identity_;
    keys->unnamed = unnamed_;
    keys->role_arn = profile_.chain.back().role_arn;
  }
  settle(std::move(*keys));
}

void RoleChainRun::on_refusal(AwsCallError refusal, std::string_view action) {
  if (leave_name_out(refusal.failure)) return;
  ipc::Error error = std::move(refusal.error);
  error.what = describe_link() + error.what;
  if (error.next_step.empty()) {
    const TrustNeeds needs = needs_of_link();
    error.next_step = sts_next_step(action, refusal.failure, &needs);
  }
  finish(std::unexpected(std::move(error)));
}

// True: the chain goes on without the name at this link. It ends, since the first link that sets it only moves on.
bool RoleChainRun::leave_name_out(const AwsFailure& failure) {
  const bool may = terms_.source_identity == SourceIdentity::kIfAllowed && !source_identity_.empty();
  if (!may || profile_.chain.empty() || link_ < named_from_ || !lacks_source_identity_alone(failure)) return false;
  unnamed_ += (unnamed_.empty() ? "" : ", ") + profile_.chain[link_].role_arn;
  unnamed_ += " does not allow sts:SetSourceIdentity";
  const bool was_set = link_ > named_from_;
  named_from_ = link_ + 1;
  if (was_set) {
    link_ = 0;
    hop_key_.reset();
  }
  next_link();
  return true;
}

TrustNeeds RoleChainRun::needs_of_link() const {
  if (profile_.chain.empty()) return {};
  const RoleStep& step = profile_.chain[link_];
  TrustNeeds needs{link_ == 0 ? caller_ : profile_.chain[link_ - 1].role_arn, step.external_id};
  if (!source_identity_.empty()) needs.source_names = source_identity_pattern(terms_.user);
  if (terms_.source_identity == SourceIdentity::kRequired) needs.other_way = kOrWithoutName;
  const bool last = link_ + 1 == profile_.chain.size();
  needs.tags = !step.tags.empty() || (last && terms_.narrowing && !terms_.narrowing->tags.empty());
  return needs;
}

// What ends first. STS's own end is not asked for alone: an endpoint may answer with a later one.
void RoleChainRun::settle(IssuedCredentials keys) {
  keys.expiration = std::min(keys.expiration, context_.aws_now() + lifetime_.granted);
  if (hard_end_) keys.expiration = std::min(keys.expiration, *hard_end_);
  if (terms_.no_later_than) keys.expiration = std::min(keys.expiration, *terms_.no_later_than);
  finish(std::move(keys));
}

std::string RoleChainRun::describe_link() const {
  if (profile_.chain.empty()) return "session for the key of profile '" + profile_.base_profile + "': ";
  const RoleStep& step = profile_.chain[link_];
  return "role " + std::to_string(link_ + 1) + " of " + std::to_string(profile_.chain.size()) + " (" + step.role_arn +
         ", profile '" + step.profile + "'): ";
}

}  // namespace broker
