#include "doctor/report.h"

#include <algorithm>

#include "ipc/text/json_string.h"
#include "terminal/plain_text.h"

namespace supervisor {
namespace {

constexpr std::size_t kWidth = 110, kIndent = 4;

// ---- text

std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  bool first = true;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    if (!first && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    first = false;
  }
  return out;
}

std::string_view ink_of(Standing standing) {
  switch (standing) {
    case Standing::Holds:
      return "32";
    case Standing::Open:
      return "1;31";
    case Standing::Weaker:
      return "33";
    case Standing::Unknown:
    case Standing::Note:
      return "2";
  }
  return "";
}

class Page {
 public:
  explicit Page(bool colour) : colour_(colour) {}
  [[nodiscard]] std::string inked(std::string_view ink, std::string_view text) const {
    return colour_ ? "\x1b[" + std::string(ink) + "m" + std::string(text) + "\x1b[0m" : std::string(text);
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
      page.line("    " + page.inked("1", "fix:") + " " + wrapped(harmless(finding.fix), kIndent + 5));
    if (finding.fix.empty() && standing == Standing::Open) page.line("    nothing on this host changes that");
  }
}

// ---- JSON

std::string json_member(std::string_view key, std::string_view value) {
  return ipc::json_string(key) + ":" + ipc::json_string(value);
}

std::string json_of(const Finding& finding) {
  const CheckRow& row = *finding.row;
  const GuaranteeRow& guarantee = guarantee_rows()[static_cast<std::size_t>(row.guarantee)];
  std::string out = "{" + json_member("check", row.name) + "," + json_member("guarantee", guarantee.name) + "," +
                    json_member("standing", word_of(finding.standing)) + "," + json_member("what", finding.sentence);
  if (!finding.fix.empty()) out += "," + json_member("fix", finding.fix);
  return out + "," + json_member("source", row.source) + "}";
}

}  // namespace

std::string report_text(const Host& host, const std::vector<Finding>& findings, bool colour) {
  Page page(colour);
  const std::string uid = std::to_string(host.uid);
  page.line("sentinel doctor: asked by " +
            (host.user.empty() || host.user == uid ? "uid " + uid : harmless(host.user)));
  add_guarantees(page, findings);
  add_attackers(page);
  for (const Standing standing :
       {Standing::Open, Standing::Weaker, Standing::Unknown, Standing::Note, Standing::Holds}) {
    add_group(page, standing, findings);
  }
  return std::move(page).text();
}

std::string report_json(const Host& host, const std::vector<Finding>& findings) {
  std::string out = "{" + json_member("user", host.user) + ",\"uid\":" + std::to_string(host.uid) + "," +
                    json_member("mode", "user") + ",\"ok\":" + (anything_to_be_fixed(findings) ? "false" : "true") +
                    ",\"guarantees\":[";
  for (const GuaranteeRow& row : guarantee_rows()) {
    if (out.back() == '}') out += ',';
    out += "{" + json_member("guarantee", row.name) + "," + json_member("words", row.words) + "," +
           json_member("standing", word_of(standing_of(row.guarantee, findings))) + "}";
  }
  out += "],\"attackers\":[";
  for (const AttackerRow& row : attacker_rows()) {
    if (out.back() == '}') out += ',';
    out += "{" + json_member("who", without_marks(row.who)) + "," + json_member("what", without_marks(row.what)) + "}";
  }
  out += "],\"checks\":[";
  for (const Finding& finding : findings) {
    if (out.back() == '}') out += ',';
    out += json_of(finding);
  }
  return out + "]}\n";
}

}  // namespace supervisor
