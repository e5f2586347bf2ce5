// The part of Service that tells the user, and the supervisor, what has happened.
#include <set>
#include <string>
#include <utility>

#include "ipc/text/clock_difference.h"
#include "serve/service.h"
#include "text/plain_text.h"

namespace broker {

void say_failed(ipc::Channel& control, const ipc::Error& error) {
  ipc::Failed failed;
  failed.what = ipc::Text<2048>(ipc::said(error));
  failed.next_step = ipc::Text<2048>(error.next_step);
  (void)control.send(failed);  // a supervisor that is gone needs no reason
}

void Service::warn_at_start() {
  std::set<std::string> warnings;  // those of the files are every profile's
  for (const auto& profile : profiles_.all()) {
    for (const std::string& warning : profile->resolved().warnings) {
      if (warnings.insert(warning).second) notices_.warning(warning);
    }
  }
  audit_.warn_with([this](const std::string& warning) { notices_.warning(warning); });
  if (may_share_mfa_ && !session_store_) {
    notices_.warning(
        "the MFA session is not shared (--share-mfa): this host's kernel keeps no key for you to seal it with");
  }
  if (task_.remember.count() != 0 && !openers_) {
    notices_.warning(
        "no passphrase is remembered (--remember): this host's kernel keeps no key for you to seal it with");
  }
  if (may_keep_keys_ && !role_keys_) {
    notices_.warning(
        "the credentials are not kept (--cache): this host's kernel keeps no key for you to seal them with");
  }
  if (!namespace_costs_.empty()) notices_.warning(namespace_costs_);
}

void Service::on_policy_changed(const ipc::Result<const Policy*>& policy) {
  if (!serving_) return;  // the start says it itself
  const std::string name = "policy " + task_.policy_name();
  const auto refuse = [&](const std::string& of, const std::string& which, const ipc::Error& why) {
    notices_.refusal("policy-unusable " + of,
                     name + " cannot be used" + of + ", so " + which + " is refused: " + why.what,
                     broker_.clock.since_boot());
  };
  if (!policy) return refuse("", "every request", policy.error());
  bool some = false;
  for (const auto& profile : profiles_.all()) {
    const ipc::Status fits = check_policy_fits(**policy, profile->run());
    some = some || fits;
    if (fits) continue;
    const bool alone = profiles_.all().size() == 1;
    refuse(alone ? "" : " for profile " + profile->name(), alone ? "every request" : "every request for it",
           fits.error());
  }
  if (some) notices_.info(name + " changed and is in force");
}

void Service::say_how_signed() {
  if (!policy_ || !policy_->verifier().enforces() || policy_->verifier().remembers()) return;
  notices_.warning(
      "which version of the policy was seen is remembered for this run alone: an older one that is signed "
      "would be taken at the next start");
}

// What judges elsewhere says yes only when it issues.
void Service::say_standing() {
  ipc::Standing standing;
  const std::vector<RoleStep>& chain = profiles_.first().resolved().chain;
  if (!chain.empty()) standing.role_arn = ipc::Text<2048>(chain.back().role_arn);
  const Decision decision = profiles_.first().decisions().for_run();
  if (decision.verdict && decision.verdict->rule_index >= 0) standing.rule = ipc::Text<256>(decision.verdict->rule);
  (void)control_.send(standing);  // a line that greets; nothing hangs on it
}

// At the start the user waits. Later keys are renewed ahead, and only a client that waits makes it worth a line.
void Service::say_slow(const std::string& whom) {
  if (!serving_ || requests_->held_up()) notices_.info("waiting for " + whom);
}

// Once: the programs of the run are told ends by their own clock, and what they make of it otherwise is theirs.
void Service::say_clock(std::chrono::seconds offset) {
  const std::string off = ipc::clock_difference_words(offset);
  if (off.empty() || std::exchange(said_clock_, true)) return;
  notices_.warning(
      "this machine's clock is " + off +
      ": the times of policies are judged by it, programs here are told by it when their credentials end, and "
      "their own calls to AWS may be refused; set it (timedatectl set-ntp true)");
}

void Service::on_policy_stale(const ipc::Error* why) {
  if (!why) return notices_.info("the policy " + task_.policy_name() + " could be refreshed again");
  notices_.warning("the policy " + task_.policy_name() + " could not be refreshed: " + why->what +
                   "; the one in force is used until it is " +
                   std::to_string(task_.begin.policy_max_age.get().count()) + " seconds old");
}

void Service::send_notice(ipc::Severity severity, const std::string& text) {
  ipc::Notice notice;
  notice.severity = severity;
  notice.text = ipc::Text<2048>(printable(text, 2000));
  (void)control_.send(notice);  // a full queue loses a sentence, never a decision: those are in the log
}

// It holds a duplicate of the peer's end, from before the peer became unreadable, and perhaps more.
void Service::end_for_stranger(const ipc::Channel& channel, const ipc::Error& error) {
  CallerFacts facts;
  facts.check = Check::kForeignSender;
  facts.pid = channel.stranger()->pid;
  facts.uid = channel.stranger()->uid;
  if (requests_) profiles_.first().record().stranger(facts, facts.check, refused_by_check(facts.check));
  end(ipc::Error{ipc::Fault::kProtocol, "another process uses a channel between Sentinel's own: " + error.what,
                 ipc::kAgainstStranger, 0});
}

}  // namespace broker
