// Judges many questions by many policies, for the comparison with policy_model.py: one JSON object per line of stdin,
// {"rules": [...], "questions": [...]}; one line of output per question: effect, rule, and the two flags. The rules are
// written as in a policy file, and are put together here without the loader, whose refusals have tests of their own.
#include <json/json.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "policy/evaluate.h"
#include "policy/time_window.h"

namespace {

template <class Choice, std::size_t N>
Choice choice_of(const std::string& text, const std::string_view (&words)[N]) {
  const auto found = std::find(std::begin(words), std::end(words), text);
  if (found == std::end(words)) throw std::runtime_error("no such word: " + text);
  return static_cast<Choice>(found - std::begin(words));
}

std::optional<bool> fact(const Json::Value& value) {
  return value.isNull() ? std::nullopt : std::optional(value.asBool());
}

broker::Posture posture_of(const Json::Value& value) {
  broker::Posture posture{fact(value["encrypted"]), fact(value["mdm_enrolled"]),    fact(value["mdm_compliant"]),
                          fact(value["firewall"]),  value["os_version"].asString(), {}};
  const std::string type = value["os_type"].asString();
  if (!type.empty()) posture.os_type = choice_of<broker::OsType>(type, broker::kOsTypeWords);
  return posture;
}

broker::PolicyQuery query_of(const Json::Value& value) {
  broker::PolicyQuery query;
  query.user = value["user"].asString();
  query.profile = value["profile"].asString();
  query.mode = choice_of<broker::Mode>(value["mode"].asString(), broker::kModeWords);
  query.now = std::chrono::sys_seconds(std::chrono::seconds(value["now"].asInt64()));
  query.account = value["account"].asString();
  query.arn = value["arn"].asString();
  query.session_table = value["session_table"].asString();
  const std::string transport = value["transport"].asString();
  if (!transport.empty()) query.transport = choice_of<broker::Via>(transport, broker::kViaWords);
  if (!value["groups"].isNull()) query.groups.emplace();
  for (const Json::Value& name : value["groups"]) query.groups->push_back(name.asString());
  if (!value["posture"].isNull()) query.posture = posture_of(value["posture"]);
  return query;
}

template <class Choice, std::size_t N>
std::bitset<N> choices_of(const Json::Value& list, const std::string_view (&words)[N]) {
  std::bitset<N> set;
  for (const Json::Value& one : list) set.set(static_cast<std::size_t>(choice_of<Choice>(one.asString(), words)));
  return list.empty() ? std::bitset<N>().set() : set;
}

std::vector<broker::NamePattern> patterns_of(const Json::Value& list) {
  std::vector<broker::NamePattern> patterns;
  for (const Json::Value& one : list) {
    const bool glob = one.isObject();
    patterns.emplace_back((glob ? one["glob"] : one).asString(), glob);
  }
  return patterns;
}

std::vector<std::string> texts_of(const Json::Value& list) {
  std::vector<std::string> texts;
  for (const Json::Value& one : list) texts.push_back(one.asString());
  return texts;
}

int minute_of(const std::string& clock) { return std::stoi(clock.substr(0, 2)) * 60 + std::stoi(clock.substr(3)); }

broker::TimeWindow window_of(const Json::Value& value) {
  broker::TimeWindow window;
  window.days = choices_of<std::size_t>(value["days"], broker::kWeekdayWords);
  const auto zone = broker::find_zone(value["timezone"].asString());
  if (!zone) throw std::runtime_error(zone.error().what);
  window.zone = *zone;
  const Json::Value& hours = value["hours"];
  if (hours.isNull()) return window;
  window.start_minute = minute_of(hours["start"].asString());
  window.end_minute = minute_of(hours["end"].asString());
  window.overnight = hours["overnight"].asBool();
  return window;
}

broker::DeviceDemands device_of(const Json::Value& value) {
  broker::DeviceDemands demands;
  demands.encryption = value["require_encryption"].asBool();
  demands.mdm = value["require_mdm"].asBool();
  demands.mdm_compliant = value["require_mdm_compliant"].asBool();
  demands.firewall = value["require_firewall"].asBool();
  demands.min_os_version = value["min_os_version"].asString();
  if (!value["allowed_os_types"].empty())
    demands.os_types = choices_of<broker::OsType>(value["allowed_os_types"], broker::kOsTypeWords);
  return demands;
}

broker::Rule rule_of(const Json::Value& value) {
  broker::Rule rule;
  rule.name = value["name"].asString();
  rule.effect = choice_of<broker::Effect>(value["effect"].asString(), broker::kEffectWords);
  rule.session_table = value["session_table"].asString();
  const Json::Value& given = value["conditions"];
  broker::Conditions& conditions = rule.conditions;
  conditions.profiles = patterns_of(given["profiles"]);
  conditions.not_profiles = patterns_of(given["not_profiles"]);
  conditions.users = patterns_of(given["users"]);
  conditions.not_users = patterns_of(given["not_users"]);
  conditions.arns = patterns_of(given["arns"]);
  conditions.accounts = texts_of(given["accounts"]);
  conditions.groups = texts_of(given["groups"]);
  if (!given["time"].isNull()) conditions.time = window_of(given["time"]);
  conditions.modes = choices_of<broker::Mode>(given["mode"], broker::kModeWords);
  if (!given["transport"].isNull())
    conditions.transports = choices_of<broker::Via>(given["transport"], broker::kViaWords);
  conditions.device = device_of(given["device"]);
  return rule;
}

void judge(const Json::Value& lot) {
  broker::Policy policy;
  for (const Json::Value& rule : lot["rules"]) policy.rules.push_back(rule_of(rule));
  for (const Json::Value& question : lot["questions"]) {
    const broker::PolicyQuery query = query_of(question);
    broker::Trace trace;
    const broker::Verdict verdict = broker::evaluate(policy, query);
    const broker::Verdict traced = broker::evaluate(policy, query, &trace);
    if (verdict.effect != traced.effect || verdict.rule_index != trace.decided_by ||
        verdict.allowed != (verdict.effect == "allow"))
      throw std::runtime_error("the trace says another than the verdict");
    std::printf("%s %d %d %d\n", verdict.effect.c_str(), verdict.rule_index, verdict.requires_server_mode,
                verdict.requires_session_tracking);
  }
}

}  // namespace

int main() try {
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  for (std::string line; std::getline(std::cin, line);) {
    Json::Value lot;
    if (!reader->parse(line.data(), line.data() + line.size(), &lot, nullptr)) return 2;
    judge(lot);
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "print_verdict: %s\n", error.what());
  return 1;
}
