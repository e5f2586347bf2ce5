// A table of expected decisions, kept beside a policy and checked by CI: each case asks one question and says what must
// come out. Strict as a policy is: what is not known is refused, and a table without cases proves nothing.
//
//   policy: default.yaml            # beside the table
//   cases:
//     - name: nobody on Friday afternoon
//       user: marta
//       profile: ledger-prod
//       mode: server
//       at: 2026-02-06T14:00:00Z
//       expect: { effect: deny, rule: ledger-friday-freeze }
//
// Runs in: sentinel-policy.   Blocks: on posture files and zone files.
// Fails: kConfig; each `what` begins with source:line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "study/explain.h"
#include "yaml/mistakes.h"
#include "yaml/schema.h"

namespace broker {

struct Expected {
  std::string effect;               // allow, deny or require_approval
  std::optional<std::string> rule;  // empty: no rule
  std::optional<std::chrono::seconds> max_server_duration, max_duration;
  std::optional<bool> requires_server_mode, requires_session_tracking, narrowed;
  std::optional<SourceIdentity> source_identity;
};

struct PolicyCase {
  std::string name;
  int line = 0;
  PolicyQuery query;
  Expected expected;
};

struct PolicyCases {
  std::string policy;  // as the table says it; empty: not said
  std::vector<PolicyCase> cases;
};

Read<PolicyCases> load_cases(std::string_view text, const std::string& source);

// Every key that such a table may have, from the tables that are read by.
std::vector<SchemaKey> case_keys();

// What one case came to: each difference as "effect: expected deny, got allow"; none is a pass.
struct CaseOutcome {
  const PolicyCase* asked = nullptr;
  std::vector<std::string> differences;
  std::string verdict;
};
struct CasesOutcome {
  std::vector<CaseOutcome> cases;
  std::vector<std::string> undecided;  // rules that decided no case
  [[nodiscard]] std::size_t failed() const;
};
CasesOutcome run_cases(const Policy& policy, const PolicyCases& cases);

}  // namespace broker
