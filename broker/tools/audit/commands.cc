// audit show and audit stats: decisions one by one, and counted. Both read line by line, in bounded memory.
#include "tools/commands.h"

#include <charconv>
#include <deque>
#include <functional>
#include <optional>

#include "ipc/text/json_string.h"
#include "text/plain_text.h"
#include "tools/audit/known_head.h"
#include "tools/audit/log_files.h"
#include "tools/audit/show.h"
#include "tools/audit/stats.h"
#include "tools/audit/walk.h"
#include "tools/this_second.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::uint64_t kMostShown = 100'000;

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
  LinesShown(ToolOutput& out, std::optional<std::uint64_t> limit) : out_(out), limit_(limit) {
    if (out.json()) out.open_list("decisions");
  }
  void add(std::string line) {
    if (!limit_) return tell(line);
    if (kept_.size() == *limit_) kept_.pop_front();
    kept_.push_back(std::move(line));
  }
  void end() {
    for (const std::string& line : kept_) tell(line);
  }

 private:
  void tell(const std::string& line) { out_.json() ? out_.item(line) : out_.line(line); }

  ToolOutput& out_;
  std::optional<std::uint64_t> limit_;
  std::deque<std::string> kept_;
};

// Gives `take` each decision of the logs that fits the options. Says what is wrong with them; the exit code.
int read_decisions(const ToolArguments& arguments, ToolOutput& out,
                   const std::function<void(std::string_view, const AuditLine&)>& take) {
  const auto filter = filter_of(arguments);
  if (!filter) return refused(out, filter.error());
  const auto files = log_files(arguments, out);
  if (!files) return refused(out, files.error());
  std::optional<AuditFinding> first;
  AuditVerifier verifier(
      nullptr,
      [&first](const AuditFinding& finding) {
        if (!first) first = finding;
      },
      [](const AuditFinding&) {});
  const auto known = find_head(arguments, files->back(), nullptr);
  if (!known) return refused(out, known.error());
  if (known->head) verifier.expect(*known->head);
  const ipc::Status read = walk_files(*files, verifier, [&](std::string_view text, bool whole) {
    const auto line = read_audit_line(text);
    if (whole && line && filter->lets_through(*line)) take(text, *line);
  });
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

}  // namespace

int audit_show(const ToolArguments& arguments, ToolOutput& out) {
  const auto limit = limit_of(arguments);
  if (!limit) return refused(out, limit.error());
  LinesShown lines(out, *limit);
  const int code = read_decisions(arguments, out, [&](std::string_view text, const AuditLine& line) {
    lines.add(out.json() ? ipc::harmless_json(text) : shown(line, out));
  });
  lines.end();
  return code;
}

int audit_stats(const ToolArguments& arguments, ToolOutput& out) {
  AuditStats stats;
  const int code =
      read_decisions(arguments, out, [&stats](std::string_view, const AuditLine& line) { stats.add(line); });
  if (code != kToolGood && stats.empty()) return code;  // nothing could be read
  if (out.json()) {
    stats.add_to(out.answer().data());
  } else {
    stats.show(out);
  }
  return code;
}

}  // namespace broker
