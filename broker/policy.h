// A policy as it is judged: closed types that cannot hold what the loader refuses, the question, and the answer.
//
// Runs in: broker, main thread.   Blocks: never.   Owns: nothing but its own text; zones belong to time_window.
// Units: minutes since midnight in TimeWindow; whole seconds elsewhere.
// Source: SPEC 2.1 (schema), 2.2 (effects), 2.4 (matching).
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace date {
class time_zone;
}

namespace broker {

#define EFFECT(name, word, why) k##name,
#define MODE(name, word, why)
#define WEEKDAY(name, word, why)
#define OS_TYPE(name, word, why)
enum class Effect {
#include "policy_words.def"
};
#undef EFFECT
#undef MODE
#define EFFECT(name, word, why)
#define MODE(name, word, why) k##name,
enum class Mode {
#include "policy_words.def"
};
#undef MODE
#undef OS_TYPE
#define MODE(name, word, why)
#define OS_TYPE(name, word, why) k##name,
enum class OsType {
#include "policy_words.def"
};
#undef OS_TYPE
#undef EFFECT

// The words, in the order of the enums.
#define OS_TYPE(name, word, why)
#define EFFECT(name, word, why) word,
inline constexpr std::string_view kEffectWords[] = {
#include "policy_words.def"
};
#undef EFFECT
#undef MODE
#define EFFECT(name, word, why)
#define MODE(name, word, why) word,
inline constexpr std::string_view kModeWords[] = {
#include "policy_words.def"
};
#undef MODE
#undef WEEKDAY
#define MODE(name, word, why)
#define WEEKDAY(name, word, why) word,
inline constexpr std::string_view kWeekdayWords[] = {
#include "policy_words.def"
};
#undef WEEKDAY
#undef OS_TYPE
#define WEEKDAY(name, word, why)
#define OS_TYPE(name, word, why) word,
inline constexpr std::string_view kOsTypeWords[] = {
#include "policy_words.def"
};
#undef OS_TYPE
#undef WEEKDAY
#undef MODE
#undef EFFECT

constexpr std::string_view word(Effect effect) { return kEffectWords[static_cast<std::size_t>(effect)]; }
constexpr std::string_view word(Mode mode) { return kModeWords[static_cast<std::size_t>(mode)]; }
constexpr std::string_view word(OsType type) { return kOsTypeWords[static_cast<std::size_t>(type)]; }

using Weekdays = std::bitset<std::size(kWeekdayWords)>;  // bit = c_encoding(): Sunday is 0
using Modes = std::bitset<std::size(kModeWords)>;
using OsTypes = std::bitset<std::size(kOsTypeWords)>;

// When a rule holds: [start, end) on the days given, by the clock of one zone. No window crosses midnight.
struct TimeWindow {
  static constexpr int kDay = 24 * 60;
  Weekdays days = Weekdays().set();
  int start_minute = 0;
  int end_minute = kDay;
  const date::time_zone* zone = nullptr;  // never null in a loaded policy; lives as long as the process
};

// What a device must be known to be. Posture has no source in this build, so a demand is never met.
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
};

// All must hold. An empty list, or no window, holds for everything.
struct Conditions {
  std::vector<std::string> profiles;  // exact, case-sensitive
  std::vector<std::string> users;
  std::optional<TimeWindow> time;
  Modes modes = Modes().set();
  DeviceDemands device;
};

struct Rule {
  std::string name;
  Effect effect = Effect::kDeny;
  std::string reason;
  std::optional<std::chrono::seconds> max_server_duration;  // absent: no cap
  std::string session_table;
  Conditions conditions;
  int line = 0;  // where the rule starts in its source
};

struct Policy {
  std::string source;  // file or parameter name
  std::string sha256;  // lower-hex hash of the exact text; names the policy in the decision log
  std::vector<Rule> rules;
};

struct PolicyQuery {
  std::string user;     // as Principal::user
  std::string profile;
  Mode mode = Mode::kServer;
  std::chrono::sys_seconds now;
};

struct Verdict {
  bool allowed = false;
  std::string effect = "deny";  // what came out: allow, deny or require_approval
  std::string rule;             // the rule that decided; empty when none did
  std::string reason;
  int rule_index = -1;  // from 0; -1: no rule matched
  std::optional<std::chrono::seconds> max_server_duration;
  bool requires_server_mode = false;
  bool requires_session_tracking = false;
  std::string policy_sha256;
};

}  // namespace broker
