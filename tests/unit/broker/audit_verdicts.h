// What the verifier says of logs in memory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit_lines.h"
#include "tools/audit/verify.h"

namespace audit_lines {

struct Judged {
  std::vector<broker::AuditFinding> findings, notes;
  broker::AuditTotals totals;
  // "FILE:LINE what" of the first finding.
  [[nodiscard]] std::string first() const {
    if (findings.empty()) return "";
    return findings[0].file + ":" + std::to_string(findings[0].line) + " " + findings[0].what;
  }
};

using File = std::vector<std::string>;

inline Judged judge_files(const std::vector<File>& files, const broker::LogKey* key = nullptr,
                          const std::string& head = {}, const std::optional<broker::LogHead>& kept = {}) {
  Judged judged;
  broker::AuditVerifier verifier(
      key, [&judged](const broker::AuditFinding& finding) { judged.findings.push_back(finding); },
      [&judged](const broker::AuditFinding& note) { judged.notes.push_back(note); });
  verifier.expect(head);
  if (kept) verifier.expect(*kept);
  char name = 'a';
  for (const File& file : files) {
    verifier.begin_file(std::string(1, name++));
    for (const std::string& line : file) verifier.line(line, true);
  }
  verifier.finish();
  judged.totals = verifier.totals();
  return judged;
}

inline Judged judge(const File& lines, const broker::LogKey* key = nullptr, const std::string& head = {}) {
  return judge_files({lines}, key, head);
}

inline Judged judge_with_head(const File& lines, const broker::LogHead& kept) {
  return judge_files({lines}, nullptr, {}, kept);
}

}  // namespace audit_lines
