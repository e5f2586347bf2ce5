#include "doctor/promises.h"

#include <string_view>

#include "doctor/table.h"
#include "ipc/terminal/roff.h"

namespace supervisor {
namespace {

// The words of a row as roff has them: what Markdown marks is set in bold.
std::string roff(std::string_view words) {
  const std::string text = ipc::roff(words);
  std::string out;
  bool marked = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool two = std::string_view(text).substr(i).starts_with("**");
    if (two || text[i] == '`') {
      marked = !marked;
      out += marked ? "\\fB" : "\\fR";
      i += two ? 1 : 0;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string sentence(std::string_view words) { return roff(words) + ".\n"; }

}  // namespace

std::string promises_markdown() {
  std::string out = "| who | in user mode |\n|---|---|\n";
  for (const AttackerRow& row : attacker_rows()) {
    out += "| " + std::string(row.who) + " | " + std::string(row.what) + " |\n";
  }
  out += "\n| guarantee | how | where it ends |\n|---|---|---|\n";
  for (const GuaranteeRow& row : guarantee_rows()) {
    if (row.guarantee == Guarantee::OnlyWay) continue;
    out += "| " + std::string(row.words) + " | " + std::string(row.how) + " | " + std::string(row.limit) + " |\n";
  }
  return out;
}

std::string promises_manual() {
  std::string out =
      ".\\\" Printed by `sentinel-doctor --print-man` from guarantees.def; a test compares.\n"
      ".TH SENTINEL 7 \"\" \"Sentinel\" \"Miscellaneous\"\n.SH NAME\n"
      "sentinel \\- what Sentinel promises in user mode, to whom, and where it ends\n.SH DESCRIPTION\n"
      "User mode is \\fBsentinel exec\\fR without any privilege: all processes run as you. It keeps other users of the "
      "host out, and makes accidents harmless. It is no wall against a program of yours that means it: that takes a "
      "broker under a user of its own.\n"
      "Which of the promises hold on the host at hand, \\fBsentinel doctor\\fR finds out by trying.\n.SH WHO IS KEPT "
      "FROM WHAT\n";
  for (const AttackerRow& row : attacker_rows()) out += ".TP\n.B " + roff(row.who) + "\n" + sentence(row.what);
  out += ".SH GUARANTEES\n";
  for (const GuaranteeRow& row : guarantee_rows()) {
    if (row.guarantee == Guarantee::OnlyWay) continue;
    out += ".TP\n.B " + roff(row.words) + "\n" + sentence(row.how);
    if (!row.limit.empty()) out += ".IP\nIt ends here: " + sentence(row.limit);
  }
  return out + ipc::roff_see_also("sentinel(7)");
}

}  // namespace supervisor
