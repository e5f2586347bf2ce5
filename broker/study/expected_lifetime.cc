#include "study/expected_lifetime.h"

#include "policy/narrowing.h"
#include "study/members.h"
#include "text/plain_text.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using std::chrono::seconds;

std::vector<std::string> assumptions_of(const PolicyQuery& query, const LifetimeWish& wish) {
  std::vector<std::string> assumed;
  if (!wish.source_given) {
    assumed.emplace_back("the profile has one role, which a long-term key assumes; say --source if it is otherwise");
  }
  if (wish.wanted > seconds(0)) return assumed;
  if (query.mode == Mode::kServer) {
    assumed.emplace_back("no --server-duration is given, so that 15m are wanted");
  } else {
    assumed.emplace_back("neither --duration nor the profile's duration_seconds is given, so that 1h is wanted");
  }
  return assumed;
}

ipc::Result<Lifetime> decided(const Policy& policy, const PolicyQuery& query, const Verdict& verdict,
                              const LifetimeWish& wish) {
  if (const ipc::Status narrowed = check_profile_can_be_narrowed(policy, query.profile, wish.source.has_role);
      !narrowed) {
    return std::unexpected(narrowed.error());
  }
  ipc::Result<Lifetime> lifetime = decide_lifetime(question_for(verdict, wish.wanted, query.mode, wish.source));
  if (!lifetime && lifetime.error().fault == ipc::Fault::kRefused) {  // a clause, whose subject is the rule
    lifetime.error().what = "rule " + in_quotes(verdict.rule) + " " + lifetime.error().what;
  }
  return lifetime;
}

}  // namespace

std::optional<ExpectedLifetime> expected_lifetime(const Policy& policy, const PolicyQuery& query,
                                                  const Verdict& verdict, const LifetimeWish& wish) {
  if (!verdict.allowed) return std::nullopt;
  return ExpectedLifetime{decided(policy, query, verdict, wish), assumptions_of(query, wish)};
}

std::string in_words(const Lifetime& lifetime, std::chrono::sys_seconds issued) {
  const std::string end = " at " + std::string(rfc3339(issued + lifetime.granted).text()) + " if issued then";
  const std::string asked = "AWS is asked for " + in_words(lifetime.asked);
  if (!lifetime.hard_end) return asked + "; the credentials end" + end;
  return asked + ", and denies every call from " + in_words(lifetime.granted) + " on; this hard end is" + end;
}

}  // namespace broker
