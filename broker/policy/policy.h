// A policy as it is judged: closed types that cannot hold what the loader refuses, the question, and the answer.
//
// Blocks: never.   Owns: nothing but its own text; zones belong to time_window.
// Units: minutes since midnight in TimeWindow; whole seconds elsewhere.
// Source: sentinel-policy(5) says what each key means.
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace date {
class time_zone;
}

namespace broker {

enum class Effect {
#define EFFECT(name, word, why) k##name,
#include "policy/words.def"
};
enum class Mode {
#define MODE(name, word, why) k##name,
#include "policy/words.def"
};
enum class Via {  // the transport of a request, as rules name it
#define TRANSPORT(name, word, why) k##name,
#include "policy/words.def"
};
// Whether a role's session is stamped with the name of who asked (aws/source_identity.h).
enum class SourceIdentity {
#define SOURCE_IDENTITY(name, word, why) k##name,
#include "policy/words.def"
};
enum class OsType {
#define OS_TYPE(name, word, why) k##name,
#include "policy/words.def"
};

// The words, in the order of the enums; weekdays in that of std::chrono::weekday::c_encoding().
inline constexpr std::string_view kEffectWords[] = {
#define EFFECT(name, word, why) word,
#include "policy/words.def"
};
inline constexpr std::string_view kModeWords[] = {
#define MODE(name, word, why) word,
#include "policy/words.def"
};
inline constexpr std::string_view kViaWords[] = {
#define TRANSPORT(name, word, why) word,
#include "policy/words.def"
};
inline constexpr std::string_view kSourceIdentityWords[] = {
#define SOURCE_IDENTITY(name, word, why) word,
#include "policy/words.def"
};
inline constexpr std::string_view kWeekdayWords[] = {
#define WEEKDAY(name, word, why) word,
#include "policy/words.def"
};
inline constexpr std::string_view kOsTypeWords[] = {
#define OS_TYPE(name, word, why) word,
#include "policy/words.def"
};

constexpr std::string_view word(Effect effect) { return kEffectWords[static_cast<std::size_t>(effect)]; }
constexpr std::string_view word(Mode mode) { return kModeWords[static_cast<std::size_t>(mode)]; }
constexpr std::string_view word(Via via) { return kViaWords[static_cast<std::size_t>(via)]; }
constexpr std::string_view word(SourceIdentity identity) {
  return kSourceIdentityWords[static_cast<std::size_t>(identity)];
}
constexpr std::string_view word(OsType type) { return kOsTypeWords[static_cast<std::size_t>(type)]; }

using Weekdays = std::bitset<std::size(kWeekdayWords)>;  // bit = c_encoding(): Sunday is 0
using Modes = std::bitset<std::size(kModeWords)>;
using Vias = std::bitset<std::size(kViaWords)>;
using OsTypes = std::bitset<std::size(kOsTypeWords)>;

// A name as a rule lists it: exact and case-sensitive, or a glob where the policy marks it as one ({ glob: "prod-*" }):
// '*' stands for any run of characters, '?' for one, and the whole name must match. Without the mark nothing is a glob,
// so that no old policy grows wider.
struct NamePattern {
  std::string text;
  bool glob = false;
  NamePattern() = default;
  NamePattern(std::string name, bool is_glob = false) : text(std::move(name)), glob(is_glob) {}
  NamePattern(const char* name) : text(name) {}
  bool operator==(const NamePattern&) const = default;
};

// When a rule holds: [start, end) on the days given, by the clock of one zone. An overnight window (end < start, marked
// as overnight in the policy) belongs to the day on which it starts: its hours after midnight are open when the day
// before is among `days`.
struct TimeWindow {
  static constexpr int kDay = 24 * 60;
  Weekdays days = Weekdays().set();
  int start_minute = 0;
  int end_minute = kDay;
  bool overnight = false;
  const date::time_zone* zone = nullptr;  // never null in a loaded policy; lives as long as the process
};

// What a device must be known to be.
struct DeviceDemands {
  bool encryption = false;
  bool mdm = false;
  bool mdm_compliant = false;
  bool firewall = false;
  std::string min_os_version;
  OsTypes os_types;
  [[nodiscard]] bool any() const {
    return encryption || mdm || mdm_compliant || firewall || !min_os_version.empty() || os_types.any();
  }
  bool operator==(const DeviceDemands&) const = default;
};

// What is known of this device; nothing said is nothing known, and meets no demand.
struct Posture {
  std::optional<bool> encrypted, mdm_enrolled, mdm_compliant, firewall;
  std::string os_version;  // empty: unknown
  std::optional<OsType> os_type;
};

// All must hold. An empty list, or no window, holds for everything.
struct Conditions {
  std::vector<NamePattern> profiles, not_profiles;
  std::vector<NamePattern> users, not_users;
  std::vector<NamePattern> arns;      // of the caller, as GetCallerIdentity says it
  std::vector<std::string> accounts;  // of the caller: 12 digits
  std::vector<std::string> groups;    // Unix groups of the caller, by name: at least one of them
  std::optional<TimeWindow> time;
  Modes modes = Modes().set();
  std::optional<Vias> transports;  // none: not named, any mode; with all of them named still only server mode
  DeviceDemands device;
};

// How much less than the role a rule issues; each member narrows, none widens. Only AssumeRole can do it, so a rule
// with any of them must not meet a profile without a role.
// Source: docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (Policy, PolicyArns, Tags)
struct Narrowing {
  std::string session_policy;                 // a compact JSON document; empty: none
  std::vector<std::string> managed_policies;  // ARNs
  std::vector<std::string> source_ips;        // CIDR
  std::vector<std::string> source_vpcs;       // vpc-…
  std::vector<std::pair<std::string, std::string>> tags;
  std::optional<std::chrono::seconds> hard_expiry;  // AWS itself ends the credentials this long after their issue
  [[nodiscard]] bool any() const { return *this != Narrowing{}; }
  bool operator==(const Narrowing&) const = default;
};

struct Rule {
  std::string name;
  Effect effect = Effect::kDeny;
  std::string reason;
  std::optional<std::chrono::seconds> max_server_duration;  // cap in server mode; absent: none
  std::optional<std::chrono::seconds> max_duration;         // cap in every mode; absent: none
  std::string session_table;
  SourceIdentity source_identity = SourceIdentity::kRequired;
  Conditions conditions;
  std::shared_ptr<const Narrowing> narrowing;  // null: none
  int line = 0;                                // where the rule starts in its source
};

struct Policy {
  std::string source;  // file or parameter name
  std::string sha256;  // lower-hex hash of the exact text; names the policy in the decision log
  std::vector<Rule> rules;
};

// What is asked. Members that are not known stay empty, and no rule that names them permits anything then.
struct PolicyQuery {
  std::string user;  // as Principal::user; empty: the principal has no name of its own
  std::string profile;
  Mode mode = Mode::kServer;
  std::chrono::sys_seconds now{};
  std::string account{}, arn{};
  std::optional<Via> transport{};                    // none outside server mode
  std::optional<std::vector<std::string>> groups{};  // none: unknown
  std::optional<Posture> posture{};                  // none: unknown
  std::string session_table{};                       // the table in which this run is tracked; empty: it is not
};

struct Verdict {
  bool allowed = false;
  std::string effect = "deny";  // what came out: allow, deny or require_approval
  std::string rule;             // the rule that decided; empty when none did
  std::string reason;
  int rule_index = -1;  // from 0; -1: no rule matched
  std::optional<std::chrono::seconds> max_server_duration, max_duration;
  bool requires_server_mode = false;
  bool requires_session_tracking = false;
  std::string session_table;                   // the rule's; a run that has no other table is to be tracked in it
  std::shared_ptr<const Narrowing> narrowing;  // of the rule that decided; null: none
  SourceIdentity source_identity = SourceIdentity::kRequired;  // of that rule
  std::string policy_sha256;
  std::string explain_line;  // policy/explain_line.h, of a refusal; empty: not known
};

}  // namespace broker
