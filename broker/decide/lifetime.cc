#include "decide/lifetime.h"

#include <algorithm>
#include <string>

#include "ipc/sts_limits.h"

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
  // Checked when the policy is loaded; here so that no other way leads to a hard end that AWS does not keep.
  if (!source.has_role && question.hard_expiry) {
    return ipc::fail(Fault::kConfig, "only a role's credentials can have a hard expiry, and this profile has no role",
                     "use a profile with role_arn");
  }
  return {};
}

ipc::Result<Lifetime> floored(seconds granted, bool hard_end) {
  if (granted < ipc::sts::kShortest && !hard_end) {
    return ipc::fail(Fault::kRefused, "caps the lifetime below the 15 minutes that STS can issue",
                     "raise max_server_duration or max_duration to at least 15m, or give the rule a hard_expiry");
  }
  if (granted < kShortestHardEnd) {
    return ipc::fail(Fault::kRefused, "leaves less than a minute of lifetime", "raise the cap to at least 1m");
  }
  return Lifetime{granted, std::max(granted, ipc::sts::kShortest), hard_end};
}

std::optional<seconds> tighter(std::optional<seconds> one, std::optional<seconds> other) {
  if (!one) return other;
  if (!other) return one;
  return std::min(*one, *other);
}

std::optional<seconds> cap_of_rule(const LifetimeQuestion& question) {
  const bool served = question.mode == Mode::kServer;
  return tighter(question.max_duration, served ? question.max_server_duration : std::nullopt);
}

// Who only wishes is told an earlier end than the keys have.
ipc::Result<Lifetime> handed_on(const LifetimeQuestion& question, seconds wanted) {
  const std::optional<seconds> cap = cap_of_rule(question);
  if (ipc::Status fits = can_be_handed_on(tighter(cap, question.override_left), question.base_left); !fits) {
    return std::unexpected(std::move(fits.error()));
  }
  return Lifetime{wanted, wanted, false, cap};
}

}  // namespace

ipc::Result<Lifetime> decide_lifetime(const LifetimeQuestion& question) {
  if (ipc::Status possible = issuable(question); !possible) return std::unexpected(possible.error());
  seconds granted = question.wanted > seconds(0) ? question.wanted : default_for(question.mode, question.source);
  const seconds longest = question.source.has_role ? ipc::sts::kLongestOfRole : ipc::sts::kLongestOfSession;
  if (granted > longest) {
    return ipc::fail(Fault::kConfig,
                     "STS issues no keys for " + in_words(granted) + "; " + in_words(longest) + " is its longest here",
                     "ask for a shorter duration");
  }
  if (!question.source.has_role && question.source.temporary_base) return handed_on(question, granted);
  const auto cap = [&granted](const std::optional<seconds>& at) {
    if (at) granted = std::min(granted, *at);
  };
  if (question.mode == Mode::kServer) cap(question.max_server_duration);
  cap(question.max_duration);
  cap(question.override_left);
  if (question.source.chained) cap(ipc::sts::kLongestChained);
  cap(question.hard_expiry);
  ipc::Result<Lifetime> lifetime = floored(granted, question.hard_expiry.has_value());
  if (lifetime && !question.source.has_role) lifetime->cap = cap_of_rule(question);
  return lifetime;
}

// A temporary key that is passed through stays valid until its own expiry; we cannot shorten it. So a cap below its
// remaining life must refuse it.
ipc::Status can_be_handed_on(std::optional<seconds> cap, std::optional<seconds> left) {
  if (!cap || (left && *left <= *cap)) return {};
  const std::string allowed = *cap > seconds(0) ? "keys for " + in_words(*cap) : "no keys any more";
  return ipc::fail(Fault::kRefused,
                   "allows " + allowed +
                       ", and those of this profile are temporary ones that live longer and cannot be shortened",
                   "use a profile with role_arn, whose keys are made to measure");
}

ipc::Result<Lifetime> shortened(const Lifetime& lifetime, seconds left) {
  if (left >= lifetime.granted) return lifetime;
  ipc::Result<Lifetime> shorter = floored(left, lifetime.hard_end);
  if (shorter) shorter->cap = lifetime.cap;
  return shorter;
}

LifetimeQuestion question_for(const Verdict& verdict, seconds wanted, Mode mode, const KeySource& source) {
  LifetimeQuestion question{wanted, mode, source};
  question.max_server_duration = verdict.max_server_duration;
  question.max_duration = verdict.max_duration;
  if (verdict.narrowing) question.hard_expiry = verdict.narrowing->hard_expiry;
  return question;
}

}  // namespace broker
