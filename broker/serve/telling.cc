// The part of Service that tells the user, and the supervisor, what has happened.
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
  for (const std::string& warning : profile_.warnings) notices_.warning(warning);
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
  const ipc::Status usable = policy ? check_policy_fits(**policy, run_) : std::unexpected(policy.error());
  if (usable) return notices_.info("policy " + run_.policy_name + " changed and is in force");
  notices_.refusal(
      "policy-unusable",
      "policy " + run_.policy_name + " cannot be used, so every request is refused: " + usable.error().what,
      clock_.since_boot());
}

void Service::say_how_signed() {
  if (!verifier_ || !verifier_->enforces() || verifier_->remembers()) return;
  notices_.warning(
      "which version of the policy was seen is remembered for this run alone: an older one that is signed "
      "would be taken at the next start");
}

// At the start the user waits. Later keys are renewed ahead, and only a client that waits makes it worth a line.
void Service::say_slow(const std::string& whom) {
  if (!serving_ || requests_->held_up()) notices_.info("waiting for " + whom);
}

// Once: the programs of the run are told ends by their own clock, and what they make of it otherwise is theirs.
void Service::say_clock() {
  const std::string off = ipc::clock_difference_words(aws_->clock_offset);
  if (off.empty() || std::exchange(said_clock_, true)) return;
  notices_.warning(
      "this machine's clock is " + off +
      ": the times of policies are judged by it, programs here are told by it when their credentials end, and "
      "their own calls to AWS may be refused; set it (timedatectl set-ntp true)");
}

void Service::on_policy_stale(const ipc::Error* why) {
  if (!why) return notices_.info("the policy " + run_.policy_name + " could be refreshed again");
  notices_.warning("the policy " + run_.policy_name + " could not be refreshed: " + why->what +
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
  if (record_) record_->stranger(facts, facts.check, refused_by_check(facts.check));
  end(ipc::Error{ipc::Fault::kProtocol, "another process uses a channel between Sentinel's own: " + error.what,
                 ipc::kAgainstStranger, 0});
}

}  // namespace broker
