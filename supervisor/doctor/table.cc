#include "doctor/table.h"

#include <algorithm>

namespace supervisor {
namespace {

std::string filled(std::string_view sentence, std::string_view subject) {
  std::string out(sentence);
  if (const std::size_t at = out.find("{}"); at != std::string::npos) out.replace(at, 2, subject);
  return out;
}

}  // namespace

std::string_view word_of(Standing standing) {
  switch (standing) {
    case Standing::Holds:
      return "holds";
    case Standing::Note:
      return "note";
    case Standing::Unknown:
      return "unknown";
    case Standing::Weaker:
      return "weaker";
    case Standing::Open:
      return "open";
  }
  return "";
}

const std::vector<GuaranteeRow>& guarantee_rows() {
  static const std::vector<GuaranteeRow> rows = {
#define ATTACKER(...)
#define GUARANTEE(name, words, how, limit) GuaranteeRow{Guarantee::name, #name, words, how, limit},
#include "doctor/guarantees.def"
#undef GUARANTEE
#undef ATTACKER
  };
  return rows;
}

const std::vector<AttackerRow>& attacker_rows() {
  static const std::vector<AttackerRow> rows = {
#define ATTACKER(who, what) AttackerRow{who, what},
#define GUARANTEE(...)
#include "doctor/guarantees.def"
#undef GUARANTEE
#undef ATTACKER
  };
  return rows;
}

const std::vector<CheckRow>& check_rows() {
  static const std::vector<CheckRow> rows = {
#define CHECK(name, guarantee, otherwise, holds, does_not, fix, source) \
  CheckRow{#name, Guarantee::guarantee, Standing::otherwise, holds, does_not, fix, source, check_##name},
#include "doctor/doctor.def"
#undef CHECK
  };
  return rows;
}

Finding finding_of(const CheckRow& row, const Found& found) {
  switch (found.answer) {
    case Answer::Yes:
      return {&row, Standing::Holds, filled(row.holds, found.subject), ""};
    case Answer::CannotTell:
      return {&row, Standing::Unknown, found.subject, ""};
    case Answer::No:
      break;
  }
  return {&row, row.otherwise, filled(row.does_not, found.subject), filled(row.fix, found.fix_subject)};
}

std::vector<Finding> examine(const Host& host) {
  std::vector<Finding> findings;
  for (const CheckRow& row : check_rows()) findings.push_back(finding_of(row, row.ask(host)));
  return findings;
}

Standing standing_of(Guarantee guarantee, const std::vector<Finding>& findings) {
  Standing worst = Standing::Holds;
  for (const Finding& finding : findings) {
    if (finding.row->guarantee != guarantee || finding.standing == Standing::Note) continue;
    worst = std::max(worst, finding.standing);
  }
  return worst;
}

bool anything_to_be_fixed(const std::vector<Finding>& findings) {
  return std::ranges::any_of(findings, [](const Finding& finding) { return finding.to_be_fixed(); });
}

}  // namespace supervisor
