#include "doctor/report.h"

#include <unistd.h>

#include <algorithm>

#include "ipc/json/json_answer.h"
#include "ipc/terminal/ink.h"
#include "ipc/terminal/wrap.h"
#include "terminal/plain_text.h"

namespace supervisor {
namespace {

constexpr std::size_t kWidth = 110, kIndent = 4;

// ---- text

std::string wrapped(std::string_view text, std::size_t indent) {
  return ipc::wrapped(text, indent, indent, std::min(kWidth, ipc::terminal_width(STDOUT_FILENO, kWidth)));
}

ipc::Ink ink_of(Standing standing) {
  switch (standing) {
    case Standing::Holds:
      return ipc::Ink::kGood;
    case Standing::Open:
      return ipc::Ink::kBad;
    case Standing::Weaker:
      return ipc::Ink::kWarn;
    case Standing::Unknown:
    case Standing::Note:
      return ipc::Ink::kQuiet;
  }
  return ipc::Ink::kNone;
}

class Page {
 public:
  explicit Page(bool colour) : colour_(colour) {}
  [[nodiscard]] std::string inked(ipc::Ink ink, std::string_view text) const {
    return colour_ ? ipc::inked(ink, text) : std::string(text);
  }
  void line(std::string_view text) { text_ += std::string(text) + "\n"; }
  void heading(Standing standing, std::string_view text) { line("\n" + inked(ink_of(standing), text)); }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  bool colour_;
  std::string text_;
};

std::string title_of(Standing standing) {
  switch (standing) {
    case Standing::Open:
      return "Open";
    case Standing::Weaker:
      return "Weaker";
    case Standing::Unknown:
      return "Unknown";
    case Standing::Note:
      return "Worth knowing";
    case Standing::Holds:
      return "Holds";
  }
  return "";
}

// As Markdown marks words, which a terminal shows plain.
std::string without_marks(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == '*' || c == '`'; });
  return out;
}

void add_guarantees(Page& page, const std::vector<Finding>& findings) {
  page.line("What Sentinel guarantees, on this host, in user mode:");
  for (const GuaranteeRow& row : guarantee_rows()) {
    const Standing standing = standing_of(row.guarantee, findings);
    const std::string word(word_of(standing));
    page.line("  " + page.inked(ink_of(standing), word) + std::string(9 - word.size(), ' ') + wrapped(row.words, 11));
  }
}

void add_attackers(Page& page) {
  page.line("\nWho is kept from what, in user mode:");
  for (const AttackerRow& row : attacker_rows()) {
    page.line("  - " + wrapped(without_marks(row.who) + ": " + without_marks(row.what), kIndent));
  }
}

void add_group(Page& page, Standing standing, const std::vector<Finding>& findings) {
  const auto of_it = [&](const Finding& finding) { return finding.standing == standing; };
  const auto count = std::ranges::count_if(findings, of_it);
  if (count == 0) return;
  page.heading(standing, title_of(standing) + " (" + std::to_string(count) + "):");
  for (const Finding& finding : findings) {
    if (!of_it(finding)) continue;
    const std::string named = harmless(finding.sentence) + " [" + std::string(finding.row->name) + "]";
    page.line("  - " + wrapped(named, kIndent));
    if (!finding.fix.empty())
      page.line("    " + page.inked(ipc::Ink::kStrong, "fix:") + " " + wrapped(harmless(finding.fix), kIndent + 5));
    if (finding.fix.empty() && standing == Standing::Open) page.line("    nothing on this host changes that");
  }
}

// Nothing is to be done about them.
void add_count_of_holds(Page& page, const std::vector<Finding>& findings) {
  const auto count = std::ranges::count(findings, Standing::Holds, &Finding::standing);
  if (count > 0)
    page.heading(Standing::Holds, "Holds (" + std::to_string(count) + "): `sentinel doctor --all` shows them");
}

// ---- JSON

void add_check(ipc::JsonText& json, const Finding& finding) {
  const CheckRow& row = *finding.row;
  const GuaranteeRow& guarantee = guarantee_rows()[static_cast<std::size_t>(row.guarantee)];
  json.open_object().text("check", row.name).text("guarantee", guarantee.name);
  json.text("standing", word_of(finding.standing)).text("what", finding.sentence);
  if (!finding.fix.empty()) json.text("fix", finding.fix);
  json.text("source", row.source).close_object();
}

}  // namespace

std::string report_text(const Host& host, const std::vector<Finding>& findings, ReportForm form) {
  Page page(form.colour);
  const std::string uid = std::to_string(host.uid);
  page.line("sentinel doctor: asked by " +
            (host.user.empty() || host.user == uid ? "uid " + uid : harmless(host.user)));
  add_guarantees(page, findings);
  add_attackers(page);
  for (const Standing standing : {Standing::Open, Standing::Weaker, Standing::Unknown, Standing::Note}) {
    add_group(page, standing, findings);
  }
  if (form.all) {
    add_group(page, Standing::Holds, findings);
  } else {
    add_count_of_holds(page, findings);
  }
  return std::move(page).text();
}

std::string report_json(const Host& host, const std::vector<Finding>& findings) {
  ipc::JsonAnswer answer;
  for (const Finding& finding : findings) {
    if (finding.standing != Standing::Open && finding.standing != Standing::Weaker) continue;
    ipc::JsonText& json = answer.open_finding(word_of(finding.standing), finding.sentence, finding.fix);
    json.text("check", finding.row->name).close_object();
  }
  ipc::JsonText& json = answer.data();
  json.text("user", host.user).number("uid", host.uid).text("mode", "user").open_list("guarantees");
  for (const GuaranteeRow& row : guarantee_rows()) {
    json.open_object().text("guarantee", row.name).text("words", row.words);
    json.text("standing", word_of(standing_of(row.guarantee, findings))).close_object();
  }
  json.close_list().open_list("attackers");
  for (const AttackerRow& row : attacker_rows()) {
    json.open_object().text("who", without_marks(row.who)).text("what", without_marks(row.what)).close_object();
  }
  json.close_list().open_list("checks");
  for (const Finding& finding : findings) add_check(json, finding);
  json.close_list();
  return std::move(answer).finish(!anything_to_be_fixed(findings));
}

}  // namespace supervisor
