#include "lifetime.h"

#include <algorithm>
#include <string>

#include "terms.h"

namespace broker {
namespace {

using ipc::Fault;
using std::chrono::seconds;

constexpr seconds kServerDefault{900};
constexpr seconds kOtherDefault{3600};

seconds default_for(Mode mode, const KeySource& source) {
  if (mode == Mode::kServer) return kServerDefault;
  return source.profile_duration > seconds(0) ? source.profile_duration : kOtherDefault;
}

std::string in_words(seconds length) {
  if (length.count() % 3600 == 0) return std::to_string(length.count() / 3600) + " hours";
  return std::to_string(length.count()) + " s";
}

ipc::Status issuable(const LifetimeQuestion& question) {
  const KeySource& source = question.source;
  if (!source.has_role && source.temporary_base) {
    return ipc::fail(Fault::kConfig, "the profile's key is already temporary, and STS gives no session for such a key",
                     "use a profile with role_arn, or a long-term key");
  }
  // Checked when the policy is loaded; here so that no other way leads to a hard end that nobody keeps.
  if (!source.has_role && question.hard_expiry) {
    return ipc::fail(Fault::kConfig, "only a role's credentials can have a hard expiry, and this profile has no role",
                     "use a profile with role_arn");
  }
  return {};
}

ipc::Result<Lifetime> floored(seconds granted, bool hard_end) {
  if (granted < kShortestDuration && !hard_end) {
    return ipc::fail(Fault::kRefused, "caps the lifetime below the 15 minutes that STS can issue",
                     "raise max_server_duration or max_duration to at least 15m, or give the rule a hard_expiry");
  }
  if (granted < kShortestHardEnd) {
    return ipc::fail(Fault::kRefused, "leaves less than a minute of lifetime", "raise the cap to at least 1m");
  }
  return Lifetime{granted, std::max(granted, kShortestDuration), hard_end};
}

}  // namespace

KeySource key_source(const ResolvedProfile& profile) {
  KeySource source;
  source.has_role = !profile.chain.empty();
  source.temporary_base = !profile.base.session_token.empty();
  // A temporary key may be a role's, which makes it chaining, or GetSessionToken's; nobody can tell from the key.
  source.chained = profile.chain.size() > 1 || (source.has_role && source.temporary_base);
  if (source.has_role) source.profile_duration = profile.chain.back().duration;
  return source;
}

ipc::Result<Lifetime> decide_lifetime(const LifetimeQuestion& question) {
  if (ipc::Status possible = issuable(question); !possible) return std::unexpected(possible.error());
  seconds granted = question.wanted > seconds(0) ? question.wanted : default_for(question.mode, question.source);
  const seconds longest = question.source.has_role ? kLongestDuration : kLongestSession;
  if (granted > longest) {
    return ipc::fail(Fault::kConfig,
                     "STS issues no keys for " + in_words(granted) + "; " + in_words(longest) + " is its longest here",
                     "ask for a shorter duration");
  }
  const auto cap = [&granted](const std::optional<seconds>& at) {
    if (at) granted = std::min(granted, *at);
  };
  if (question.mode == Mode::kServer) cap(question.max_server_duration);
  cap(question.max_duration);
  cap(question.override_left);
  if (question.source.chained) cap(kLongestChained);
  cap(question.hard_expiry);
  return floored(granted, question.hard_expiry.has_value());
}

ipc::Result<Lifetime> shortened(const Lifetime& lifetime, seconds left) {
  if (left >= lifetime.granted) return lifetime;
  return floored(left, lifetime.hard_end);
}

LifetimeQuestion question_for(const Verdict& verdict, seconds wanted, Mode mode, const KeySource& source) {
  LifetimeQuestion question{wanted, mode, source};
  question.max_server_duration = verdict.max_server_duration;
  question.max_duration = verdict.max_duration;
  if (verdict.narrowing) question.hard_expiry = verdict.narrowing->hard_expiry;
  return question;
}

}  // namespace broker
