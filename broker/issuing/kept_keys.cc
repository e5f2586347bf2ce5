#include "issuing/kept_keys.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "policy/narrowing.h"
#include "services/queries.h"
#include "sources/kept_role_keys.h"
#include "text/ascii.h"
#include "text/hex.h"
#include "text/json_line.h"

namespace broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// An SDK asks anew for what ends within a quarter of an hour.
constexpr seconds kLeastLeft{15 * 60};

void add_narrowing(JsonText& text, const Narrowing& narrowing) {
  text.text("session_policy", session_policy_document(narrowing, std::nullopt)).open_list("managed_policies");
  for (const std::string& arn : narrowing.managed_policies) text.text("", arn);
  text.close_list().open_list("tags");
  for (const auto& [key, value] : narrowing.tags) text.text("", key).text("", value);
  text.close_list();
}

void add_role(JsonText& text, const RoleStep& role) {
  text.open_object().text("role", role.role_arn).text("external_id", role.external_id).text("name", role.session_name);
  text.number("duration", role.duration.count()).open_list("tags");
  for (const auto& [key, value] : role.tags) text.text("", key).text("", value);
  text.close_list().open_list("transitive");
  for (const std::string& key : role.transitive_tags) text.text("", key);
  text.close_list().close_object();
}

std::string digest_of(const ResolvedProfile& profile, const Run& run, const IssueTerms& terms, const Verdict& verdict) {
  JsonText text;
  text.open_object().text("profile", profile.name).text("base", profile.base_profile).text("sts", profile.sts.url);
  text.text("principal", run.principal.arn).text("user", terms.user).text("marker", terms.marker);
  text.number("source_identity", static_cast<int>(terms.source_identity));
  text.text("mfa", profile.mfa ? profile.mfa->serial : "").number("granted", terms.lifetime.granted.count());
  text.number("asked", terms.lifetime.asked.count()).text("policy", verdict.policy_sha256).text("rule", verdict.rule);
  text.number("rule_index", verdict.rule_index).open_list("chain");
  for (const RoleStep& role : profile.chain) add_role(text, role);
  text.close_list();
  if (terms.narrowing) add_narrowing(text, *terms.narrowing);
  return sha256_hex(std::move(text.close_object()).take());
}

class KeptFetch final : public KeyFetch {
 public:
  KeptFetch(const KeptKeysParts& parts, SessionName name, seconds granted, const StartFetch& fetch, OnKeys done)
      : KeyFetch(std::move(done)), parts_(parts), name_(std::move(name)), granted_(granted), fetch_(fetch) {
    pause_ = parts_.context.timers.after(milliseconds(0), [this] { look(); });  // not from inside the constructor
  }
  ~KeptFetch() override {
    if (locked_) parts_.store.unlock();
  }

  [[nodiscard]] seconds granted() const override { return under_way_ ? under_way_->granted() : granted_; }
  [[nodiscard]] seconds quiet_for() const override { return under_way_ ? under_way_->quiet_for() : seconds(0); }
  [[nodiscard]] bool withdraws() const override { return under_way_ && under_way_->withdraws(); }

 private:
  void look() {
    auto kept = parts_.store.find(name_, parts_.context.aws_now(), std::min(kLeastLeft, granted_ / 2));
    if (!kept) return fetch();
    kept_ = std::make_shared<IssuedCredentials>(std::move(*kept));
    call_ = ask_identity_once(parts_.context, parts_.profile.sts, kept_,
                              [this](const ipc::Result<Principal>& owner) { on_owner(owner); });
  }

  // Those of another, those that AWS has forgotten, and those that AWS says nothing of, are not used.
  void on_owner(const ipc::Result<Principal>& owner) {
    const std::string role = role_keys_role(name_);
    if (!owner || !is_session_of(owner->arn, role)) return fetch();
    if (parts_.took) parts_.took();
    kept_->principal = owner->arn;
    kept_->role_arn = role;
    finish(std::move(*kept_));
  }

  void fetch() {
    kept_.reset();
    under_way_ = fetch_([this](ipc::Result<IssuedCredentials> keys) {
      if (keys) keep(*keys);
      finish(std::move(keys));
    });
  }

  // Where another run writes at this moment, its keys are kept and these are not.
  void keep(const IssuedCredentials& keys) {
    const ipc::Result<bool> locked = parts_.store.try_lock();
    locked_ = locked && *locked;
    if (!locked_) return;
    (void)parts_.store.put(name_, keys, parts_.context.aws_now());
    parts_.store.unlock();
    locked_ = false;
  }

  const KeptKeysParts parts_;
  SessionName name_;
  seconds granted_;
  const StartFetch fetch_;
  bool locked_ = false;
  std::shared_ptr<IssuedCredentials> kept_;  // shared with the call that asks whose they are
  std::unique_ptr<Timer> pause_;
  std::unique_ptr<AwsCall> call_;
  std::unique_ptr<KeyFetch> under_way_;
};

}  // namespace

std::optional<SessionName> name_of_kept_keys(const ResolvedProfile& profile, const Run& run, const IssueTerms& terms,
                                             const Verdict& verdict) {
  const bool ended_by_others = terms.no_later_than || terms.lifetime.hard_end || verdict.requires_session_tracking ||
                               !verdict.session_table.empty() || (terms.narrowing && terms.narrowing->hard_expiry);
  if (ended_by_others || profile.chain.empty() || run.principal.arn.empty()) return std::nullopt;
  const std::string digest = digest_of(profile, run, terms, verdict);
  if (!is_sha256_hex(digest)) return std::nullopt;
  return role_keys_name(digest, profile.chain.back().role_arn, profile.name, terms.lifetime.asked);
}

// arn:aws:iam::111122223333:role/path/NAME and arn:aws:sts::111122223333:assumed-role/NAME/SESSION.
bool is_session_of(std::string_view arn, std::string_view role_arn) {
  const auto session = split(arn, ':'), role = split(role_arn, ':');
  if (session.size() != 6 || role.size() != 6 || session[1] != role[1] || session[2] != "sts" || session[4] != role[4])
    return false;
  const std::string_view name = role[5].substr(role[5].rfind('/') + 1);
  const std::string start = "assumed-role/" + std::string(name) + "/";
  return !name.empty() && session[5].starts_with(start) && session[5].size() > start.size();
}

StartFetch kept_or_fetched(const KeptKeysParts& parts, SessionName name, seconds granted, StartFetch fetch) {
  return [parts, name = std::move(name), granted, fetch = std::move(fetch)](OnKeys done) {
    return std::make_unique<KeptFetch>(parts, name, granted, fetch, std::move(done));
  };
}

}  // namespace broker
