#include "authorize.h"

#include <algorithm>

#include "terms.h"

namespace broker {
namespace {

std::string next_step_for(Check check) {
  switch (check) {
    case Check::kTokenMissing:
      return "a program that found the endpoint without its token asked; SDKs that read only a token file do that";
    case Check::kTokenWrong:
      return "a program kept the token of another run; start it anew under this one";
    case Check::kOutsideTree:
    case Check::kWrongUser:
      return "if that was you, start the program under sentinel exec; if not, something has read the command's "
             "environment";
    default:
      return "the decision log has the details";
  }
}

}  // namespace

Refusal refused_by_check(Check check) {
  return {std::string(check_name(check)), std::string(check_text(check)), next_step_for(check)};
}

Refusal refused_by_policy(const Verdict& verdict) {
  if (verdict.rule_index < 0) {
    return {"policy", "no rule of the policy matches (" + verdict.reason + ")",
            "ask whoever keeps the policy for a rule that allows this user, profile and mode at this time"};
  }
  std::string sentence = "policy rule \"" + verdict.rule + "\" answers " + verdict.effect;
  if (!verdict.reason.empty()) sentence += ": " + verdict.reason;
  return {"policy", sentence, "ask whoever keeps the policy"};
}

Refusal refused_lifetime(const Verdict& verdict) {
  return {"lifetime", "rule \"" + verdict.rule + "\" caps the lifetime below the 15 minutes that STS can issue",
          "raise max_server_duration to at least 15m"};
}

Check check_token(const ipc::SecretBuffer& token, std::string_view presented) {
  if (presented.empty()) return Check::kTokenMissing;
  return token.equals(presented) ? Check::kPassed : Check::kTokenWrong;
}

std::variant<Permit, Refusal> Authorizer::authorize(const CallerFacts& caller, const ipc::SecretBuffer& token,
                                                    std::string_view presented, const ipc::Result<Verdict>& verdict) {
  if (!caller.allowed()) return refused_by_check(caller.check);
  if (const Check check = check_token(token, presented); check != Check::kPassed) return refused_by_check(check);
  if (!verdict) {
    const std::string& advice = verdict.error().next_step;
    return Refusal{"policy-unusable", verdict.error().what, advice.empty() ? "correct the policy" : advice};
  }
  if (!verdict->allowed) return refused_by_policy(*verdict);
  return Permit();
}

std::optional<std::chrono::seconds> capped_lifetime(std::chrono::seconds asked, const Verdict& verdict) {
  const std::chrono::seconds lifetime = std::min(asked, verdict.max_server_duration.value_or(asked));
  if (lifetime < kShortestDuration) return std::nullopt;
  return lifetime;
}

}  // namespace broker
