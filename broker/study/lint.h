// Finds what is probably not meant in a policy that loads: rules that can never decide, windows with a gap,
// contradictions. A claim that a rule never decides is a proof (study/overlap.h), not a guess by overlapping names.
//
// Runs in: sentinel-policy.   Blocks: never.   Units: lines from 1.
// The kinds of findings lie in study/findings.def; upstream's are among them, without their false alarms.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"
#include "policy/policy.h"

namespace broker {

enum class Severity { kWrong, kSuspicious, kHint };
enum class FindingKind {
#define FINDING(name, word, severity, why) k##name,
#include "study/findings.def"
};
struct FindingRow {
  std::string_view word;
  Severity severity;
  std::string_view why;
};
inline constexpr FindingRow kFindingRows[] = {
#define FINDING(name, word, severity, why) {word, Severity::severity, why},
#include "study/findings.def"
};
constexpr const FindingRow& row(FindingKind kind) { return kFindingRows[static_cast<std::size_t>(kind)]; }
std::string_view word(Severity severity);

struct Finding {
  FindingKind kind;
  std::string rule;  // empty: of the whole file
  int line = 0;
  std::string what;  // one sentence without a full stop
  std::string next_step;
  std::vector<std::string> others;  // the rules that it has to do with
};

// In the order of the rules.
std::vector<Finding> lint_policy(const Policy& policy);
// Likewise; a text that the loader refuses is one finding.
std::vector<Finding> lint_text(std::string_view text, const std::string& source);
// Whether the findings are more than hints.
bool any_fault(const std::vector<Finding>& findings);

}  // namespace broker
