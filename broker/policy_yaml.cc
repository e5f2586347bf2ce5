#include "policy_yaml.h"

#include <algorithm>
#include <map>
#include <utility>

#include "hex.h"
#include "ipc/go_duration.h"
#include "time_window.h"
#include "yaml_reader.h"

namespace broker {
namespace {

template <class T>
using Field = YamlReader::Field<T>;

constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxReason = 1024;
constexpr std::size_t kMaxRules = 10'000;

// ---- time

// "HH:MM", 00:00 to 23:59, as minutes since midnight; -1 for anything else.
int minutes_of(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : 100; };
  if (text.size() != 5 || text[2] != ':') return -1;
  const int hour = digit(0) * 10 + digit(1);
  const int minute = digit(3) * 10 + digit(4);
  return hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}

bool read_minute(YamlReader& in, const YamlNode& node, int& out) {
  std::string text;
  if (!in.text(node, kMaxName, text)) return false;
  out = minutes_of(text);
  if (out >= 0) return true;
  return in.refuse(node.line, in_quotes(node.key) + " must be HH:MM from 00:00 to 23:59, and is " + in_quotes(text));
}

constexpr Field<TimeWindow> kHours[] = {
    {"start", true,
     [](YamlReader& in, const YamlNode& n, TimeWindow& t) { return read_minute(in, n, t.start_minute); }},
    {"end", true, [](YamlReader& in, const YamlNode& n, TimeWindow& t) { return read_minute(in, n, t.end_minute); }},
};

bool read_hours(YamlReader& in, const YamlNode& node, TimeWindow& window) {
  if (!in.mapping(node, kHours, window)) return false;
  if (window.start_minute < window.end_minute) return true;
  const bool same = window.start_minute == window.end_minute;
  constexpr char kNever[] = "hours start and end at the same minute, so that they are never";
  constexpr char kBack[] = "hours end before they start; across midnight needs two rules until it is supported";
  return in.refuse(node.line, same ? kNever : kBack,
                   "the end itself does not belong to the window: \"09:00\" to \"10:00\" is one hour");
}

bool read_zone(YamlReader& in, const YamlNode& node, TimeWindow& window) {
  std::string name;
  if (!in.text(node, kMaxName, name)) return false;
  const auto zone = find_zone(name);
  if (!zone) return in.refuse(node.line, zone.error().what, zone.error().next_step);
  window.zone = *zone;
  return true;
}

constexpr Field<TimeWindow> kTime[] = {
    {"days", false,
     [](YamlReader& in, const YamlNode& n, TimeWindow& t) { return in.words(n, kWeekdayWords, t.days); }},
    {"hours", false, read_hours},
    {"timezone", false, read_zone},
};

bool read_time(YamlReader& in, const YamlNode& node, Conditions& conditions) {
  TimeWindow window;
  if (!in.mapping(node, kTime, window)) return false;
  if (window.zone == nullptr) {
    const auto zone = local_zone();
    if (!zone) return in.refuse(node.line, zone.error().what, zone.error().next_step);
    window.zone = *zone;
  }
  conditions.time = window;
  return true;
}

// ---- device

bool read_os_version(YamlReader& in, const YamlNode& node, DeviceDemands& device) {
  if (!in.text(node, kMaxName, device.min_os_version)) return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_allowed = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '+';
  };
  const std::string& version = device.min_os_version;
  const bool good =
      std::all_of(version.begin(), version.end(), is_allowed) && std::any_of(version.begin(), version.end(), is_digit);
  return good || in.refuse(node.line, in_quotes(version) + " is not a version; write for example \"14.2\"");
}

bool read_os_types(YamlReader& in, const YamlNode& node, DeviceDemands& device) {
  YamlNode folded = node;  // the one word list in which case is free
  for (YamlNode& item : folded.children) {
    for (char& c : item.text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return in.words(folded, kOsTypeWords, device.os_types);
}

using Device = DeviceDemands;
constexpr Field<Device> kDevice[] = {
    {"require_encryption", false,
     [](YamlReader& in, const YamlNode& n, Device& d) { return in.yes_or_no(n, d.encryption); }},
    {"require_mdm", false, [](YamlReader& in, const YamlNode& n, Device& d) { return in.yes_or_no(n, d.mdm); }},
    {"require_mdm_compliant", false,
     [](YamlReader& in, const YamlNode& n, Device& d) { return in.yes_or_no(n, d.mdm_compliant); }},
    {"require_firewall", false,
     [](YamlReader& in, const YamlNode& n, Device& d) { return in.yes_or_no(n, d.firewall); }},
    {"min_os_version", false, read_os_version},
    {"allowed_os_types", false, read_os_types},
};

bool read_device(YamlReader& in, const YamlNode& node, Conditions& conditions) {
  if (!in.mapping(node, kDevice, conditions.device)) return false;
  if (!node.children.empty()) return true;
  return in.refuse(node.line, "\"device\" is empty", "leave the key out if it shall not matter");
}

// ---- rules

bool read_names(YamlReader& in, const YamlNode& node, std::vector<NamePattern>& out) {
  std::vector<std::string> texts;
  if (!in.texts(node, texts)) return false;
  for (std::string& text : texts) out.push_back({std::move(text), false});
  return true;
}

constexpr Field<Conditions> kConditions[] = {
    {"profiles", false, [](YamlReader& in, const YamlNode& n, Conditions& c) { return read_names(in, n, c.profiles); }},
    {"users", false, [](YamlReader& in, const YamlNode& n, Conditions& c) { return read_names(in, n, c.users); }},
    {"mode", false, [](YamlReader& in, const YamlNode& n, Conditions& c) { return in.words(n, kModeWords, c.modes); }},
    {"time", false, read_time},
    {"device", false, read_device},
};

bool read_conditions(YamlReader& in, const YamlNode& node, Rule& rule) {
  Conditions& conditions = rule.conditions;
  if (!in.mapping(node, kConditions, conditions)) return false;
  if (!conditions.profiles.empty() || !conditions.users.empty() || conditions.time) return true;
  return in.refuse(node.line, "the conditions name no profiles, users or time: the rule would hold for everyone",
                   "name at least one; `time: {}` says \"at any time\" on purpose");
}

bool read_effect(YamlReader& in, const YamlNode& node, Rule& rule) {
  std::size_t index = 0;
  if (!in.one_of(node, kEffectWords, index)) return false;
  rule.effect = static_cast<Effect>(index);
  return true;
}

// A reason may be a block of lines; it is told in one.
bool read_reason(YamlReader& in, const YamlNode& node, Rule& rule) {
  YamlNode one_line = node;
  std::string& text = one_line.text;
  while (text.ends_with('\n')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return in.text(one_line, kMaxReason, rule.reason);
}

bool read_duration(YamlReader& in, const YamlNode& node, Rule& rule) {
  std::string text;
  if (!in.text(node, kMaxName, text)) return false;
  const auto length = ipc::parse_go_duration(text);
  if (!length) return in.refuse(node.line, length.error().what, length.error().next_step);
  if (length->count() < 0) return in.refuse(node.line, in_quotes(text) + " is negative; leave the key out for no cap");
  const bool bare = text == "0" && !node.quoted;   // a number, which has no unit
  if (length->count() == 0 && !bare) return true;  // SPEC 2.1: no cap
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*length);
  if (seconds.count() == 0) {
    const std::string why = bare ? " has no unit" : " is shorter than a second";
    return in.refuse(node.line, in_quotes(text) + why, "write for example 20m, or \"0\" in quotes for no cap");
  }
  rule.max_server_duration = seconds;
  return true;
}

constexpr Field<Rule> kRule[] = {
    {"name", true, [](YamlReader& in, const YamlNode& n, Rule& r) { return in.text(n, kMaxName, r.name); }},
    {"effect", true, read_effect},
    {"reason", false, read_reason},
    {"max_server_duration", false, read_duration},
    {"session_table", false,
     [](YamlReader& in, const YamlNode& n, Rule& r) { return in.text(n, kMaxName, r.session_table); }},
    {"conditions", true, read_conditions},
};

// What an error calls a rule: its name if it has one, else its place.
std::string rule_context(const YamlNode& node, std::size_t index) {
  for (const YamlNode& child : node.children) {
    if (child.key == "name" && !child.text.empty()) return "rule " + in_quotes(child.text) + ": ";
  }
  return "rule " + std::to_string(index + 1) + ": ";
}

bool read_rules(YamlReader& in, const YamlNode& node, Policy& policy) {
  if (node.kind == YamlNode::Kind::kList && node.children.empty()) {
    return in.refuse(node.line, "\"rules\" is empty: nobody would ever be allowed anything");
  }
  if (!in.list(node)) return false;
  if (node.children.size() > kMaxRules) return in.refuse(node.line, "there are more than 10000 rules");
  std::map<std::string, int> lines;  // rule name to where it stands
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    in.set_context(rule_context(node.children[i], i));
    Rule rule;
    rule.line = node.children[i].line;
    if (!in.mapping(node.children[i], kRule, rule)) return false;
    const auto [first, is_new] = lines.emplace(rule.name, rule.line);
    if (!is_new) {
      return in.refuse(rule.line, "another rule of this name starts in line " + std::to_string(first->second),
                       "give each rule its own name, because the decision log tells rules apart by it");
    }
    policy.rules.push_back(std::move(rule));
  }
  in.set_context("");
  return true;
}

bool read_version(YamlReader& in, const YamlNode& node, Policy&) {
  std::string version;
  if (!in.text(node, kMaxName, version)) return false;
  return version == "1" || in.refuse(node.line, "version " + in_quotes(version) + " is not supported; only \"1\" is");
}

constexpr Field<Policy> kPolicy[] = {
    {"version", true, read_version},
    {"rules", true, read_rules},
};

// The version first: another one explains every other difference.
bool read_policy(YamlReader& in, const YamlNode& root, Policy& policy) {
  if (root.kind == YamlNode::Kind::kNull) return in.refuse(root.line, "the policy is empty");
  for (const YamlNode& child : root.children) {
    if (child.key == "version" && !read_version(in, child, policy)) return false;
  }
  return in.mapping(root, kPolicy, policy);
}

}  // namespace

ipc::Result<Policy> load_policy(std::string_view text, std::string source) {
  auto root = parse_yaml(text, source);
  if (!root) return std::unexpected(std::move(root.error()));
  YamlReader reader(source);
  Policy policy;
  policy.source = std::move(source);
  policy.sha256 = sha256_hex(text);
  if (policy.sha256.empty()) return ipc::fail(ipc::Fault::kSystem, policy.source + ": its SHA-256 cannot be computed");
  if (!read_policy(reader, *root, policy)) return std::unexpected(reader.take_error());
  return policy;
}

}  // namespace broker
