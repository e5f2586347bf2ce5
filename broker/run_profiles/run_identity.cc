#include "run_profiles/run_identity.h"

#include <string>
#include <string_view>
#include <utility>

#include "call/signing_keys.h"
#include "keys/same_principal.h"
#include "services/queries.h"

namespace broker {
namespace {

// The error with the profile's name before it, where it does not begin with that: an errand's does.
ipc::Error of_profile(ipc::Error error, std::string_view name) {
  const std::string start = "profile " + std::string(name) + ": ";
  if (!error.what.starts_with(start)) error.what = start + error.what;
  return error;
}

}  // namespace

KeySource key_source(const ResolvedProfile& profile) {
  KeySource source;
  const bool by_token = profile.chain.empty() && kind_of(profile.base) == SourceKind::kWebIdentity;
  source.has_role = !profile.chain.empty() || by_token;
  source.takes_tags = !by_token;
  const auto* own = std::get_if<StaticKeyPlan>(&profile.base);
  source.temporary_base = source_row(kind_of(profile.base)).life == SourceLife::Temporary ||
                          (own && !own->key.session_token.empty()) || profile.mfa.has_value();
  // A temporary key may be a role's, which makes it chaining, or GetSessionToken's: add_what_aws_says() tells.
  source.chained = profile.chain.size() > 1 || (!profile.chain.empty() && source.temporary_base && !profile.mfa);
  if (!profile.chain.empty()) source.profile_duration = profile.chain.back().duration;
  return source;
}

void add_what_aws_says(KeySource& source, const ResolvedProfile& profile, bool temporary_base,
                       const Principal& principal) {
  source.temporary_base = temporary_base;
  source.chained = profile.chain.size() > 1 || (!profile.chain.empty() && principal.type == "assumed-role");
}

void add_endpoint(std::string& endpoints, std::string_view service, const AwsEndpoint& endpoint) {
  if (endpoint.named_by.empty()) return;
  endpoints +=
      (endpoints.empty() ? "" : ", ") + std::string(service) + " " + endpoint.url + " (" + endpoint.named_by + ")";
}

void RunIdentity::find(Done done) {
  done_ = std::move(done);
  if (owner_.arn.empty()) return ask();
  take(owner_);
  finish({});
}

void RunIdentity::take(const Principal& principal) {
  run_.principal = principal;
  const auto held = context_.keys ? context_.keys->held() : std::nullopt;
  if (held) add_what_aws_says(run_.source, profile_, !held->key->session_token.empty(), principal);
}

void RunIdentity::ask() {
  ++asked_;
  call_ = ask_identity(context_, profile_.sts, [this](const ipc::Result<Principal>& who) { on_principal(who); });
}

void RunIdentity::on_principal(const ipc::Result<Principal>& principal) {
  if (!principal) {
    ipc::Error error = ipc::with_next_step(principal.error(),
                                           "try again; if it stays so, look at what answers at " + profile_.sts.url);
    return finish(std::unexpected(of_profile(std::move(error), profile_.base_profile)));
  }
  const auto held = context_.keys->held();
  // A renewal that came meanwhile had no principal to be compared with (keys/same_principal.h), and is what is used
  // now.
  if (held && !call_->was_signed_with(held->key)) {
    if (asked_ < kMostAsked) return ask();
    return finish(ipc::fail(ipc::Fault::kUnavailable,
                            "the source gives other keys before AWS has said whose the last were", "try again"));
  }
  // Another profile that begins with the same key may have asked meanwhile.
  if (!owner_.arn.empty() && !is_same_principal(owner_, *principal)) {
    return finish(ipc::fail(ipc::Fault::kRefused,
                            "the key of profile " + profile_.base_profile + " belongs to " + principal->arn +
                                ", and the run began with one of " + owner_.arn,
                            "start the run anew"));
  }
  if (owner_.arn.empty()) owner_ = *principal;
  take(*principal);
  finish({});
}

void RunIdentity::finish(const ipc::Status& outcome) {
  const Done done = std::move(done_);
  done(outcome);
}

}  // namespace broker
