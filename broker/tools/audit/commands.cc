// The commands of sentinel-audit: each reads its logs line by line, in bounded memory, and says what it finds.
#include "tools/commands.h"

#include <charconv>
#include <deque>
#include <optional>

#include "ipc/process/lockdown.h"
#include "ipc/text/json_string.h"
#include "text/hex.h"
#include "text/json_line.h"
#include "text/plain_text.h"
#include "tools/audit/known_head.h"
#include "tools/audit/reader.h"
#include "tools/audit/show.h"
#include "tools/audit/verify.h"
#include "tools/this_second.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::uint64_t kFindingsTold = 10, kMostShown = 100'000;

std::string place_of(const AuditFinding& finding) {
  return finding.line == 0 ? finding.file : finding.file + ":" + std::to_string(finding.line);
}

std::string number_of(std::uint64_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

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
std::string end_words(const AuditTotals& totals, const KnownHead& known) {
  switch (totals.end) {
    case AuditEnd::kWhole:
      return known.head ? "whole: it reaches its head of " + known.head->time + ", " + known.path
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

// ---- verify --------------------------------------------------------------------------------------------------------

// Findings as they come: to people at once, to programs in a list. The first ones in full, the others counted.
class FindingsTold {
 public:
  FindingsTold(ToolOutput& out, bool json) : out_(out), json_(json) { text_.open_object().open_list("findings"); }

  void found(const AuditFinding& finding) {
    if (++told_ > kFindingsTold) return;
    if (json_) {
      text_.open_object().text("file", finding.file).number("line", static_cast<std::int64_t>(finding.line));
      text_.text("what", finding.what);
      if (!finding.expected.empty()) text_.text("expected", finding.expected).text("found", finding.found);
      text_.close_object();
      return;
    }
    out_.line(out_.ink(Ink::kBad, place_of(finding)) + " " + harmless(finding.what));
    if (finding.expected.empty()) return;
    out_.line("    expected " + harmless(finding.expected));
    out_.line("    found    " + harmless(finding.found.empty() ? "nothing" : finding.found));
  }
  void noted(const AuditFinding& finding) {
    if (!json_) out_.line(out_.ink(Ink::kQuiet, place_of(finding) + " " + finding.what));
  }
  void end(const AuditTotals& totals, const LogKey* key, const KnownHead& known) {
    if (json_) return end_json(totals, known);
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
    out_.line("end: " + harmless(end_words(totals, known)));
    if (!totals.head_hash.empty()) out_.line("head: " + std::to_string(totals.head_sequence) + " " + totals.head_hash);
  }

 private:
  void end_json(const AuditTotals& totals, const KnownHead& known) {
    const auto number = [this](std::string_view key, std::uint64_t value) {
      text_.number(key, static_cast<std::int64_t>(value));
    };
    text_.close_list().boolean("ok", totals.findings == 0);
    number("finding_count", totals.findings);
    number("lines", totals.lines);
    number("chained", totals.chained);
    number("unchained", totals.unchained);
    number("torn", totals.torn);
    number("signed", totals.is_signed);
    text_.text("end", end_word(totals.end)).text("end_detail", end_words(totals, known));
    number("missing_at_end", totals.missing_at_end);
    if (!totals.head_hash.empty()) {
      text_.open_object("head");
      number("sequence", totals.head_sequence);
      text_.text("hash", totals.head_hash).close_object();
    }
    out_.raw(std::move(text_.close_object()).finish());
  }

  ToolOutput& out_;
  bool json_;
  JsonText text_;
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

// ---- show ----------------------------------------------------------------------------------------------------------

ipc::Result<AuditFilter> filter_of(const ToolArguments& arguments) {
  AuditFilter filter;
  filter.user = arguments.value("user");
  filter.profile = arguments.value("profile");
  filter.effect = arguments.value("effect");
  filter.outcome = arguments.value("outcome");
  filter.rule = arguments.value("rule");
  const auto now = this_second();
  for (const auto& [option, to] : {std::pair{"since", &filter.since}, std::pair{"until", &filter.until}}) {
    const ipc::Status read = arguments.read(option, *to, [now](auto text) { return read_moment(text, now); });
    if (!read) return std::unexpected(read.error());
  }
  return filter;
}

// Nothing: all. Else so many of the last.
ipc::Result<std::optional<std::uint64_t>> limit_of(const ToolArguments& arguments) {
  if (!arguments.given("limit")) return std::optional<std::uint64_t>();
  const std::string_view text = arguments.value("limit");
  std::uint64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc{} || end != text.data() + text.size() || limit == 0 || limit > kMostShown) {
    return ipc::fail(Fault::kUsage, "--limit " + harmless(text) + " is no number from 1 to 100000", "give a number");
  }
  return std::optional(limit);
}

// Says each line at once, or keeps the last so many.
class LinesShown {
 public:
  LinesShown(ToolOutput& out, std::optional<std::uint64_t> limit) : out_(out), limit_(limit) {}
  void add(std::string line) {
    if (!limit_) return out_.line(line);
    if (kept_.size() == *limit_) kept_.pop_front();
    kept_.push_back(std::move(line));
  }
  void end() {
    for (const std::string& line : kept_) out_.line(line);
  }

 private:
  ToolOutput& out_;
  std::optional<std::uint64_t> limit_;
  std::deque<std::string> kept_;
};

// Reads the files in their order. Fails at the first that cannot be read.
ipc::Status walk_files(const ToolArguments& arguments, AuditVerifier& verifier, const TakeLine& take) {
  for (const std::string& file : arguments.files()) {
    verifier.begin_file(file == "-" ? "stdin" : file);
    const ipc::Status read = read_audit_file(file, [&](std::string_view text, bool whole) {
      verifier.line(text, whole);
      if (take) take(text, whole);
    });
    if (!read) return read;
  }
  verifier.finish();
  return {};
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
  FindingsTold told(out, arguments.flag("json"));
  AuditVerifier verifier(
      with, [&told](const AuditFinding& finding) { told.found(finding); },
      [&told](const AuditFinding& finding) { told.noted(finding); });
  verifier.expect(head);
  const auto known = find_head(arguments, with);
  if (!known) return refused(out, known.error());
  if (known->head) verifier.expect(*known->head);
  if (!known->fault.empty()) verifier.say_of_head(known->path, known->fault);
  if (ipc::Status read = walk_files(arguments, verifier, {}); !read) {
    out.error(read.error());
    return kToolRefused;
  }
  told.end(verifier.totals(), with, *known);
  return verifier.totals().findings == 0 ? kToolGood : kToolRefused;
}

int audit_show(const ToolArguments& arguments, ToolOutput& out) {
  const auto filter = filter_of(arguments);
  if (!filter) return refused(out, filter.error());
  const auto limit = limit_of(arguments);
  if (!limit) return refused(out, limit.error());
  LinesShown lines(out, *limit);
  std::optional<AuditFinding> first;
  AuditVerifier verifier(
      nullptr,
      [&first](const AuditFinding& finding) {
        if (!first) first = finding;
      },
      [](const AuditFinding&) {});
  const auto known = find_head(arguments, nullptr);
  if (!known) return refused(out, known.error());
  if (known->head) verifier.expect(*known->head);
  const bool json = arguments.flag("json");
  const ipc::Status read = walk_files(arguments, verifier, [&](std::string_view text, bool whole) {
    const auto line = read_audit_line(text);
    if (whole && line && filter->lets_through(*line)) lines.add(json ? ipc::harmless_json(text) : shown(*line, out));
  });
  lines.end();
  if (!read) {
    out.error(read.error());
    return kToolRefused;
  }
  if (first) {
    out.error({Fault::kConfig, "this log is not whole: " + place_of(*first) + " " + first->what,
               "run `sentinel audit verify` on it", 0});
  }
  return first ? kToolRefused : kToolGood;
}

}  // namespace broker
