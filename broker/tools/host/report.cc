#include "tools/host/report.h"

#include <string_view>

#include "ipc/terminal/wrap.h"
#include "principals/rows.h"
#include "text/plain_text.h"
#include "tools/mistakes/tell.h"
#include "tools/run.h"

namespace broker {
namespace {

constexpr std::size_t kIndent = 4;

std::string_view word_of(PrincipalRow::By by) {
  switch (by) {
    case PrincipalRow::By::kUid:
      return "uid";
    case PrincipalRow::By::kUids:
      return "uids";
    case PrincipalRow::By::kName:
      return "name";
    case PrincipalRow::By::kGroup:
      return "group";
  }
  return "";
}

std::string who(const PrincipalRow& row) {
  if (row.by == PrincipalRow::By::kUid) return std::to_string(row.first);
  if (row.by == PrincipalRow::By::kUids) return std::to_string(row.first) + "-" + std::to_string(row.last);
  return row.name;
}

const HostProfile* profile_named(const HostConfig& config, std::string_view name) {
  for (const HostProfile& profile : config.profiles) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

// Where the keys of its base profile come from; `more` says which.
struct Source {
  std::string word, more;
};
Source source_of(const HostConfig& config, const ResolvedProfile& profile) {
  const HostProfile* const base = profile_named(config, profile.base_profile);
  if (kind_of(profile.base) == SourceKind::kStore && base != nullptr) return {"credential", base->credential.text};
  const std::string word(source_row(kind_of(profile.base)).word);
  if (kind_of(profile.base) == SourceKind::kProcess && base != nullptr) return {word, base->program.text};
  if (const auto* token = std::get_if<WebIdentityPlan>(&profile.base)) return {word, token->role_arn};
  return {word, ""};
}

std::string policy_words(const CheckedHost& host) {
  const HostPolicy& policy = host.config->policy;
  std::string text = policy.file.text.empty()
                         ? "parameter " + policy.parameter.text + ", read with the keys of " + policy.profile.text +
                               " every " + std::to_string(policy.poll.count()) + "s, at most " +
                               std::to_string(policy.max_age.count()) + "s old"
                         : policy.file.text;
  if (host.policy.policy) {
    const std::size_t rules = host.policy.policy->rules.size();
    text += ", " + std::to_string(rules) + (rules == 1 ? " rule" : " rules");
  }
  if (!policy.kms_key.text.empty()) return text + ", signed by KMS key " + policy.kms_key.text;
  return text + (policy.key_file.text.empty() ? ", unsigned" : ", signed by the key in " + policy.key_file.text);
}

std::string log_words(const HostLog& log) {
  std::string text = log.file.text;
  if (log.system_log) text += text.empty() ? "the system's log" : ", and the system's log";
  if (log.sync) text += ", on the disk before an answer";
  if (log.max_bytes != 0) text += ", a new file at " + with_commas(static_cast<long>(log.max_bytes)) + " bytes";
  return text;
}

class Page {
 public:
  explicit Page(ToolOutput& out) : out_(out) {}
  void heading(std::string_view text) { out_.line(out_.ink(Ink::kStrong, text)); }
  void item(const std::string& text) { out_.line("  " + ipc::wrapped(harmless(text), kIndent, 2, out_.width())); }

 private:
  ToolOutput& out_;
};

void print_profile(const HostConfig& config, const ResolvedProfile& profile, Page& page) {
  const Source source = source_of(config, profile);
  std::string text = profile.name + ": " + source.word + (source.more.empty() ? "" : " " + source.more);
  if (profile.base_profile != profile.name) text += " of profile " + profile.base_profile;
  text += profile.region.empty() ? ", no region" : ", " + profile.region;
  for (const RoleStep& role : profile.chain) text += ", role " + role.role_arn;
  page.item(text);
}

void add_profile(const HostConfig& config, const ResolvedProfile& profile, ipc::JsonText& json) {
  const Source source = source_of(config, profile);
  json.open_object().text("name", profile.name).text("source", source.word).text_or_null("source_is", source.more);
  json.text("base_profile", profile.base_profile).text_or_null("region", profile.region).open_list("roles");
  for (const RoleStep& role : profile.chain) {
    json.open_object().text("profile", role.profile).text("role_arn", role.role_arn).close_object();
  }
  json.close_list().close_object();
}

void add_policy(const CheckedHost& host, ipc::JsonText& json) {
  const HostPolicy& policy = host.config->policy;
  json.open_object("policy").text_or_null("parameter", policy.parameter.text).text_or_null("file", policy.file.text);
  json.text_or_null("profile", policy.profile.text).text_or_null("kms_key", policy.kms_key.text);
  json.text_or_null("key_file", policy.key_file.text).text_or_null("key_fingerprint", host.key_fingerprint);
  if (policy.file.text.empty()) json.number("poll_s", policy.poll.count()).number("max_age_s", policy.max_age.count());
  if (host.policy.policy) {
    json.number("rules", static_cast<std::int64_t>(host.policy.policy->rules.size()));
    json.text("sha256", host.policy.policy->sha256);
  }
  json.close_object();
}

// What stands where a secret was written is shown to nobody, and a secret may stand in any line then.
std::string_view shown(const std::string& text) {
  for (const std::string_view word : {"secret", "session_token", "security_token"}) {
    if (text.find(word) != std::string::npos) return {};
  }
  return text;
}

}  // namespace

int tell_what_is_wrong(const CheckedHost& host, ToolOutput& out) {
  tell_mistakes(host.mistakes, host.file, shown(host.text), out);
  tell_mistakes(host.policy.mistakes, host.policy.file, host.policy.text, out);
  const std::size_t more = host.mistakes.more() + host.policy.mistakes.more();
  out.answer().data().number("more", static_cast<std::int64_t>(more));  // than the findings tell
  return kToolRefused;
}

void print_host(const CheckedHost& host, ToolOutput& out) {
  const HostConfig& config = *host.config;
  Page page(out);
  page.heading("profiles");
  for (const ResolvedProfile& profile : host.profiles) print_profile(config, profile, page);
  page.heading("policy");
  page.item(policy_words(host));
  page.heading("principals");
  for (const PrincipalRow& row : config.principals) {
    page.item(std::string(word_of(row.by)) + " " + who(row) + ": " + row.user + (row.shared ? ", shared" : ""));
  }
  page.heading("limits");
#define LIMIT(name, initial, least, most, meaning) page.item(std::to_string(config.limits.name) + " " meaning);
#include "host_config/limits.def"
#undef LIMIT
  page.heading("log");
  page.item(log_words(config.log));
  out.line(harmless(host.file) + ": " + out.ink(Ink::kGood, "good"));
}

void add_host(const CheckedHost& host, ipc::JsonText& json) {
  const HostConfig& config = *host.config;
  json.open_list("profiles");
  for (const ResolvedProfile& profile : host.profiles) add_profile(config, profile, json);
  json.close_list().open_list("principals");
  for (const PrincipalRow& row : config.principals) {
    json.open_object().text("by", word_of(row.by)).text("who", who(row)).text("user", row.user);
    json.boolean("shared", row.shared).close_object();
  }
  json.close_list();
  add_policy(host, json);
  json.open_object("limits");
#define LIMIT(name, initial, least, most, meaning) json.number(#name, config.limits.name);
#include "host_config/limits.def"
#undef LIMIT
  json.close_object().open_object("log").text_or_null("file", config.log.file.text);
  json.boolean("syslog", config.log.system_log).boolean("sync", config.log.sync);
  json.number("max_bytes", static_cast<std::int64_t>(config.log.max_bytes)).close_object();
}

}  // namespace broker
