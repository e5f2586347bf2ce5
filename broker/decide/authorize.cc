#include "decide/authorize.h"

#include <algorithm>
#include <utility>

#include "aws/source_identity.h"
#include "ipc/sts_limits.h"
#include "ipc/text/ascii.h"
#include "policy/evaluate.h"

namespace broker {
namespace {

std::string next_step_for(Check check) {
  if (may_pass_later(check)) return "the client was told to ask again (503)";
  switch (check) {
    case Check::kTokenMissing:
      return "a program that found the endpoint without its token asked; SDKs that read only a token file do that";
    case Check::kTokenScheme:
      return "let the program send AWS_CONTAINER_AUTHORIZATION_TOKEN as it is, with nothing before it: the header is "
             "`Authorization: TOKEN`";
    case Check::kTokenWrong:
      return "a program kept the token of another run; start it anew under this one";
    case Check::kWrongUser:
      return "a run serves the user who started it alone: if that was you, change the user first, and start sentinel "
             "exec as the new one; if not, something has read the command's environment";
    case Check::kOutsideTree:
      return "if that was you, start the program under sentinel exec; if not, something has read the command's "
             "environment";
    default:
      return "the decision log has the details";
  }
}

std::string next_step_for(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::kServer:
      return "run the command under `sentinel exec --server`";
    case Obstacle::kTracking:
      return "the rule must name its table (session_table), and DynamoDB be AWS's own (unset AWS_ENDPOINT_URL and "
             "AWS_ENDPOINT_URL_DYNAMODB): a table or endpoint of the user's choosing does not count; a run is tracked "
             "from its start or not at all";
    case Obstacle::kServerTracking:
      return "run the command under `sentinel exec --server`; the rule must name its table (session_table)";
    case Obstacle::kApproval:
      return "no approval for this user and profile is on record";
    default:
      return "";
  }
}

std::string next_step_of(const Verdict& verdict) {
  std::string step = next_step_for(obstacle_of(verdict).value_or(Obstacle::kDenyRule));
  if (verdict.explain_line.empty()) return step.empty() ? "ask those who keep the policy" : step;
  return step + (step.empty() ? "" : "; ") + "this shows how it was judged: " + verdict.explain_line;
}

// Why, behind the words that a refusal begins with: nothing that these have said already.
std::string tail_of(const Verdict& verdict) {
  if (verdict.rule_index < 0) {
    std::string_view reason = verdict.reason;
    if (reason.starts_with(kNoMatchingRule)) reason.remove_prefix(kNoMatchingRule.size());
    if (!reason.empty() && !reason.starts_with(": ")) return " (" + std::string(reason) + ")";
    return std::string(reason);
  }
  return verdict.reason.empty() || verdict.reason == reason_of_mute(verdict.rule) ? "" : ": " + verdict.reason;
}

std::string sentence_of(const Verdict& verdict, char quote) {
  if (verdict.rule_index < 0) return "no rule of the policy matches" + tail_of(verdict);
  return "policy rule " + (quote + verdict.rule + quote) + " answers " + verdict.effect + tail_of(verdict);
}

std::string with_who(std::string sentence, std::string_view who) {
  return who.empty() ? sentence : (sentence += "; ") += who;
}

Refusal refused_lifetime(const ipc::Error& error, const std::string& subject) {
  if (error.fault != ipc::Fault::kRefused) return {"lifetime", error.what, error.next_step};
  return {"lifetime", subject + " " + error.what, error.next_step, subject + " " + error.what};
}

// What a lifetime that falls too short is to be blamed on.
std::string subject_of(const Run& run, const Verdict& verdict) {
  const bool wish = run.duration > std::chrono::seconds(0) && run.duration < ipc::sts::kShortest;
  return wish || verdict.rule.empty() ? "the duration asked for" : "rule \"" + verdict.rule + "\"";
}

Refusal refused_unusable(const ipc::Error& error) {
  return {"policy-unusable", error.what, error.next_step.empty() ? "correct the policy" : error.next_step};
}

// The words that HTTP has in front of a credential; no token of ours begins with one and a blank.
bool begins_with_scheme(std::string_view presented) {
  constexpr std::string_view kSchemes[] = {"bearer", "basic", "token", "digest"};
  const std::string_view word = presented.substr(0, presented.find(' '));
  return std::ranges::any_of(kSchemes, [word](std::string_view scheme) {
    return std::ranges::equal(word, scheme, [](char a, char b) { return ipc::lower(a) == b; });
  });
}

}  // namespace

Refusal refused_by_check(Check check) {
  return {std::string(check_name(check)), std::string(check_text(check)), next_step_for(check)};
}

// A client shows JSON as it is: other quotes need no backslash there.
Refusal refused_by_policy(const Verdict& verdict, std::string_view who) {
  return {"policy", with_who(sentence_of(verdict, '"'), who), next_step_of(verdict),
          with_who(sentence_of(verdict, '\''), who)};
}

std::string who_to_policy(const Run& run) {
  const Principal& who = run.principal;
  if (who.arn.empty() || who.user == run.login) return {};
  if (who.user.empty()) return "you have no name to the policy: the key's owner chose that of its session";
  const std::string name = "you are '" + who.user + "' to the policy, ";
  if (who.type == "user") return name + "the IAM user of the key";
  if (who.type == "root") return name + "the root user of the key's account";
  return name + "the session name of the key's role";
}

Check check_token(const Run& run, std::string_view presented) {
  if (presented.empty()) return Check::kTokenMissing;
  if (run.token && run.token->equals(presented)) return Check::kPassed;
  return begins_with_scheme(presented) ? Check::kTokenScheme : Check::kTokenWrong;
}

Decision Authorizer::authorize(const CallerFacts& caller, std::string_view presented, const Question& question) {
  if (!caller.allowed()) return refuse(caller.check);
  if (const Check check = check_token(question.run, presented); check != Check::kPassed) return refuse(check);
  return by_policy(question);
}

Decision Authorizer::authorize_run(const Question& question) { return by_policy(question); }

Decision Authorizer::refuse(Check identified) {
  return {identified, ipc::fail(ipc::Fault::kRefused, std::string(check_text(identified))), std::nullopt,
          refused_by_check(identified)};
}

Decision Authorizer::by_policy(const Question& question) {
  ipc::Result<Verdict> asked = question.ask_policy();
  if (!asked) {
    Refusal refusal = refused_unusable(asked.error());
    return {Check::kPassed, std::move(asked), std::nullopt, std::move(refusal)};
  }
  std::optional<Lift> lift;
  // Not the obstacle decides but `allowed`: whatever is no yes needs an override that is one.
  if (!asked->allowed) {
    const Obstacle obstacle = obstacle_of(*asked).value_or(Obstacle::kPolicyUnusable);
    Refusal refusal = refused_by_policy(*asked, who_to_policy(question.run));
    if (question.overrides && (approval_lifts(obstacle) || break_glass_lifts(obstacle))) {
      const ipc::Result<Overrides> on_record = question.overrides();
      ipc::Result<std::optional<Lift>> found =
          on_record ? find_lift(obstacle, *on_record, question.run.principal.user, question.run.profile, question.now)
                    : std::unexpected(on_record.error());
      if (!found) refusal.sentence += "; what could lift it is not known: " + found.error().what;
      if (found) lift = std::move(*found);
    }
    if (!lift) return {Check::kPassed, std::move(asked), std::nullopt, std::move(refusal)};
  }
  auto outcome = permit(question, *asked, lift);
  return {Check::kPassed, std::move(asked), std::move(lift), std::move(outcome)};
}

// The rule's caps and its narrowing hold whether the rule permits or an override lifts its refusal.
std::variant<Permit, Refusal> Authorizer::permit(const Question& question, const Verdict& verdict,
                                                 const std::optional<Lift>& lift) {
  const Run& run = question.run;
  LifetimeQuestion how_long = question_for(verdict, run.duration, run.mode, run.source);
  how_long.base_left = question.base_left;
  how_long.source.temporary_base = question.temporary_base.value_or(run.source.temporary_base);
  const ipc::Result<Lifetime> lifetime = decide_lifetime(how_long);
  if (!lifetime) return refused_lifetime(lifetime.error(), subject_of(run, verdict));
  IssueTerms terms{run.principal.user, std::string(kDirect), *lifetime,
                   std::nullopt,       verdict.narrowing,    verdict.source_identity};
  if (lift) {
    terms.source_identity = SourceIdentity::kRequired;  // it is what names the approval
    how_long.override_left = lift->ends - question.now;
    const ipc::Result<Lifetime> left = decide_lifetime(how_long);
    const std::string subject =
        lift->approval_id.empty() ? "break-glass event " + lift->break_glass_id : "approval " + lift->approval_id;
    if (!left) return refused_lifetime(left.error(), subject);
    terms.marker = lift->marker;
    terms.no_later_than = lift->ends;
  }
  return Permit(std::move(terms));
}

}  // namespace broker
