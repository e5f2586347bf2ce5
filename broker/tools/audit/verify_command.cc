// audit verify: says whether logs are whole, in full or as JSON.
#include <optional>

#include "ipc/process/lockdown.h"
#include "text/hex.h"
#include "text/plain_text.h"
#include "tools/audit/known_head.h"
#include "tools/audit/log_files.h"
#include "tools/audit/show.h"
#include "tools/audit/walk.h"
#include "tools/commands.h"

namespace broker {
namespace {

constexpr std::uint64_t kFindingsTold = 10;

std::string_view end_word(AuditEnd end) {
  switch (end) {
    case AuditEnd::kUnknown:
      break;
    case AuditEnd::kWhole:
      return "whole";
    case AuditEnd::kClosed:
      return "closed";
    case AuditEnd::kCut:
      return "cut";
  }
  return "unknown";
}

// What is known of the end, and what is not.
std::string end_words(const AuditTotals& totals, const KnownHead& known, bool utc) {
  switch (totals.end) {
    case AuditEnd::kWhole:
      return known.head ? "whole: it reaches its head of " + (utc ? known.head->time : time_of(known.head->time)) +
                              ", " + known.path
                        : "whole up to the line that --expect-head names";
    case AuditEnd::kClosed:
      return "closed by its writer; another file follows";
    case AuditEnd::kCut:
      return totals.missing_at_end > 0 ? number_of(totals.missing_at_end, "line") + " cut off"
                                       : "other than it was written";
    case AuditEnd::kUnknown:
      break;
  }
  const std::string why = !known.fault.empty() ? known.path + " " + known.fault
                          : known.head         ? "the line that " + known.path + " names is in none of these files"
                                               : known.unknown;
  return "unknown, lines that were cut off here would not show: " + why;
}

// Findings as they come: to people at once, to programs in a list. The first ones in full, the others counted.
class FindingsTold {
 public:
  explicit FindingsTold(ToolOutput& out) : out_(out) {}

  void found(const AuditFinding& finding) {
    if (++told_ > kFindingsTold) return;
    if (out_.json()) {
      ipc::JsonText& text = out_.answer().open_finding("error", finding.what);
      text.text("file", finding.file).number("line", static_cast<std::int64_t>(finding.line));
      if (!finding.expected.empty()) text.text("expected", finding.expected).text("found", finding.found);
      text.close_object();
      return;
    }
    out_.line(out_.ink(Ink::kBad, place_of(finding)) + " " + harmless(finding.what));
    if (finding.expected.empty()) return;
    out_.line("    expected " + harmless(finding.expected));
    out_.line("    found    " + harmless(finding.found.empty() ? "nothing" : finding.found));
  }
  void noted(const AuditFinding& finding) {
    if (!out_.json()) out_.line(out_.ink(Ink::kQuiet, place_of(finding) + " " + finding.what));
  }
  void end(const AuditTotals& totals, const LogKey* key, const KnownHead& known) {
    if (out_.json()) return end_json(totals, known);
    if (told_ > kFindingsTold) out_.line("and " + std::to_string(told_ - kFindingsTold) + " more findings");
    const std::string verdict = totals.findings == 0 ? out_.ink(Ink::kGood, "good") : out_.ink(Ink::kBad, "not good");
    std::string text = verdict + ": " + number_of(totals.lines, "line");
    if (totals.unchained > 0) text += ", " + std::to_string(totals.unchained) + " of before lines were chained";
    if (totals.torn > 0) text += ", " + std::to_string(totals.torn) + " torn";
    if (totals.is_signed > 0) text += ", " + std::to_string(totals.is_signed) + " signed";
    if (key) text += ", checked with key " + harmless(key->id());
    if (totals.is_signed > 0 && !key) text += ", not checked: give --log-key";
    if (totals.findings > 0) text += "; " + number_of(totals.findings, "finding");
    out_.line(text);
    out_.line("end: " + harmless(end_words(totals, known, false)));
    if (!totals.head_hash.empty()) out_.line("head: " + std::to_string(totals.head_sequence) + " " + totals.head_hash);
  }

 private:
  void end_json(const AuditTotals& totals, const KnownHead& known) {
    ipc::JsonText& text = out_.answer().data();
    const auto number = [&text](std::string_view key, std::uint64_t value) {
      text.number(key, static_cast<std::int64_t>(value));
    };
    number("finding_count", totals.findings);
    number("lines", totals.lines);
    number("chained", totals.chained);
    number("unchained", totals.unchained);
    number("torn", totals.torn);
    number("signed", totals.is_signed);
    text.text("end", end_word(totals.end)).text("end_detail", end_words(totals, known, true));
    number("missing_at_end", totals.missing_at_end);
    if (!totals.head_hash.empty()) {
      text.open_object("head");
      number("sequence", totals.head_sequence);
      text.text("hash", totals.head_hash).close_object();
    }
  }

  ToolOutput& out_;
  std::uint64_t told_ = 0;
};

// The key that a log is verified with may be a secret: no other process may then read this one.
ipc::Result<std::optional<LogKey>> key_of(const ToolArguments& arguments) {
  if (!arguments.given("log-key")) return std::optional<LogKey>();
  if (ipc::Status unreadable = ipc::become_unreadable(); !unreadable) return std::unexpected(unreadable.error());
  if (ipc::Status opened = ipc::SecretArena::open(); !opened) return std::unexpected(opened.error());
  auto key = LogKey::read(std::string(arguments.value("log-key")), LogKey::Purpose::kVerify);
  if (!key) return std::unexpected(key.error());
  return std::optional<LogKey>(std::move(*key));
}

}  // namespace

int audit_verify(const ToolArguments& arguments, ToolOutput& out) {
  const std::string head(arguments.value("expect-head"));
  if (!head.empty() && !is_sha256_hex(head)) {
    return refused(out, arguments.misuse("--expect-head is not 64 lower-case hex digits").error());
  }
  const auto key = key_of(arguments);
  if (!key) {
    out.error(key.error());
    return kToolRefused;
  }
  const LogKey* const with = *key ? &**key : nullptr;
  FindingsTold told(out);
  AuditVerifier verifier(
      with, [&told](const AuditFinding& finding) { told.found(finding); },
      [&told](const AuditFinding& finding) { told.noted(finding); });
  verifier.expect(head);
  const auto files = log_files(arguments, out);
  if (!files) return refused(out, files.error());
  const auto known = find_head(arguments, files->back(), with);
  if (!known) return refused(out, known.error());
  if (known->head) verifier.expect(*known->head);
  if (!known->fault.empty()) verifier.say_of_head(known->path, known->fault);
  if (ipc::Status read = walk_files(*files, verifier, {}); !read) {
    out.error(read.error());
    return kToolRefused;
  }
  told.end(verifier.totals(), with, *known);
  return verifier.totals().findings == 0 ? kToolGood : kToolRefused;
}

}  // namespace broker
