#include "study/members.h"

#include "policy/match.h"
#include "policy/why_not.h"

namespace broker {
namespace {

template <class T, class Text>
std::string joined(const std::vector<T>& items, Text text) {
  std::string out;
  for (const T& each : items) out += (out.empty() ? "" : ", ") + text(each);
  return out;
}

std::string pattern(const NamePattern& name) { return name.glob ? "glob " + name.text : name.text; }
std::string plain(const std::string& text) { return text; }

std::string device_words(const DeviceDemands& device) {
  std::vector<std::string> demands;
  if (device.encryption) demands.emplace_back("disk encryption");
  if (device.mdm) demands.emplace_back("enrolled in MDM");
  if (device.mdm_compliant) demands.emplace_back("MDM says compliant");
  if (device.firewall) demands.emplace_back("firewall");
  if (!device.min_os_version.empty()) demands.push_back("OS version " + device.min_os_version + " or later");
  if (device.os_types.any()) demands.push_back("OS " + joined_words(device.os_types, kOsTypeWords));
  return joined(demands, plain);
}

void put(Members& out, const char* key, std::string value) {
  if (!value.empty()) out.emplace_back(key, std::move(value));
}

static_assert(std::size(kConditionWords) == 11, "a new condition is shown here too");
void put_conditions(Members& out, const Conditions& conditions) {
  put(out, "profiles", joined(conditions.profiles, pattern));
  put(out, "not_profiles", joined(conditions.not_profiles, pattern));
  put(out, "users", joined(conditions.users, pattern));
  put(out, "not_users", joined(conditions.not_users, pattern));
  put(out, "arns", joined(conditions.arns, pattern));
  put(out, "accounts", joined(conditions.accounts, plain));
  put(out, "groups", joined(conditions.groups, plain));
  if (conditions.time) put(out, "time", window_in_words(*conditions.time));
  if (!conditions.modes.all()) put(out, "mode", joined_words(conditions.modes, kModeWords));
  if (conditions.transports) put(out, "transport", joined_words(*conditions.transports, kViaWords));
  put(out, "device", device_words(conditions.device));
}

}  // namespace

std::string in_words(std::chrono::seconds length) {
  using namespace std::chrono;
  const auto whole = hours(duration_cast<hours>(length));
  const auto rest = duration_cast<minutes>(length - whole);
  const auto tail = length - whole - rest;
  std::string out;
  if (whole.count() > 0) out += std::to_string(whole.count()) + "h";
  if (rest.count() > 0) out += std::to_string(rest.count()) + "m";
  if (tail.count() > 0 || out.empty()) out += std::to_string(tail.count()) + "s";
  return out;
}

Members members_of(const Narrowing& narrowing) {
  Members out;
  put(out, "session_policy", narrowing.session_policy);
  put(out, "managed_policies", joined(narrowing.managed_policies, plain));
  put(out, "source_ips", joined(narrowing.source_ips, plain));
  put(out, "source_vpcs", joined(narrowing.source_vpcs, plain));
  put(out, "tags", joined(narrowing.tags, [](const auto& tag) { return tag.first + "=" + tag.second; }));
  if (narrowing.hard_expiry) put(out, "hard_expiry", in_words(*narrowing.hard_expiry));
  return out;
}

Members members_of(const Rule& rule) {
  Members out;
  put(out, "effect", std::string(word(rule.effect)));
  put(out, "reason", rule.reason);
  if (rule.max_server_duration) put(out, "max_server_duration", in_words(*rule.max_server_duration));
  if (rule.max_duration) put(out, "max_duration", in_words(*rule.max_duration));
  put(out, "session_table", rule.session_table);
  if (rule.source_identity != SourceIdentity::kRequired)
    put(out, "source_identity", std::string(word(rule.source_identity)));
  put_conditions(out, rule.conditions);
  if (rule.narrowing) {
    for (auto& [key, value] : members_of(*rule.narrowing)) out.emplace_back("restrict." + key, std::move(value));
  }
  return out;
}

}  // namespace broker
