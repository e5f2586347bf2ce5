// Any bytes: the loader answers a policy or a sentence with its place, and what it accepts can be judged, and narrows
// by a document that STS would take.
#include <json/json.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "must.h"
#include "policy/evaluate.h"
#include "policy/narrowing.h"
#include "policy/yaml/load.h"

namespace {

using namespace broker;

// Takes ":" and a number off.
bool take_number(std::string_view& text) {
  if (!text.starts_with(':')) return false;
  text.remove_prefix(1);
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(digits);
  return digits > 0;
}

// "fuzz:LINE:COLUMN: reason"
bool has_place(std::string_view what) {
  if (!what.starts_with("fuzz:")) return false;
  what.remove_prefix(4);
  return take_number(what) && take_number(what) && what.starts_with(": ");
}

bool has_allow(const Json::Value& statements) {
  for (const Json::Value& statement : statements) {
    if (statement["Effect"] == "Allow") return true;
  }
  return false;
}

// At any moment of the four-digit years, so that the size seen at load is that of every request.
void check_document(const Narrowing& narrowing, std::chrono::sys_seconds end) {
  must(narrowing.any());
  const auto hard_end = narrowing.hard_expiry ? std::optional(end) : std::nullopt;
  const std::string text = session_policy_document(narrowing, hard_end);
  std::size_t size = text.size();
  for (const std::string& arn : narrowing.managed_policies) size += arn.size();
  must(size <= kMaxSessionPolicy && size == session_policy_size(narrowing));
  if (text.empty()) return;
  Json::Value root;
  Json::CharReaderBuilder strict;
  Json::CharReaderBuilder::strictMode(&strict.settings_);
  const std::unique_ptr<Json::CharReader> reader(strict.newCharReader());
  must(reader->parse(text.data(), text.data() + text.size(), &root, nullptr));
  must(root["Version"] == "2012-10-17" && root["Statement"].isArray() && !root["Statement"].empty());
  must(has_allow(root["Statement"]) || !narrowing.managed_policies.empty());
}

void check_verdicts(const Policy& policy, std::chrono::sys_seconds now) {
  const Conditions& first = policy.rules[0].conditions;
  PolicyQuery query;
  query.user = first.users.empty() ? "u" : first.users[0].text;
  query.profile = first.profiles.empty() ? "p" : first.profiles[0].text;
  query.now = now;
  query.arn = first.arns.empty() ? "" : first.arns[0].text;
  query.account = first.accounts.empty() ? "" : first.accounts[0];
  query.groups = first.groups;
  query.transport = Via::kUnix;
  for (const auto mode : {Mode::kServer, Mode::kCli, Mode::kCredentialProcess}) {
    query.mode = mode;
    const Verdict verdict = evaluate(policy, query);
    must(verdict.allowed == (verdict.effect == "allow"));
    must(!verdict.allowed || verdict.rule_index >= 0);
    const Verdict again = evaluate(policy, query);
    must(again.effect == verdict.effect && again.rule_index == verdict.rule_index && again.reason == verdict.reason);
  }
}

// A moment that depends on the bytes, from year 0 to 9999.
std::chrono::sys_seconds any_moment(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  constexpr std::int64_t kFirst = -62167219200, kSpan = 315569520000;
  return std::chrono::sys_seconds(std::chrono::seconds(kFirst + static_cast<std::int64_t>(hash % kSpan)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = load_policy(text, "fuzz");
  if (!policy) {
    must(has_place(policy.error().what) && !policy.error().next_step.empty());
    return 0;
  }
  must(!policy->rules.empty());
  const auto moment = any_moment(text);
  check_verdicts(*policy, moment);
  for (const Rule& rule : policy->rules) {
    if (rule.narrowing) check_document(*rule.narrowing, moment);
  }
  return 0;
}
