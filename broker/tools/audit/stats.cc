#include "tools/audit/stats.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "text/plain_text.h"
#include "tools/audit/show.h"
#include "tools/audit/walk.h"

namespace broker {
namespace {

constexpr std::size_t kShown = 10;

// What is counted, by the members that say it: the first that a line has.
struct Kind {
  std::string_view name, member, instead;
};
constexpr std::array<Kind, 4> kKinds = {{{"outcome", "outcome", ""},
                                         {"rule", "rule", ""},
                                         {"profile", "profile", ""},
                                         {"executable", "caller_executable", "peer_executable"}}};
constexpr std::string_view kNone = "(none)";

using Row = std::pair<std::string, std::uint64_t>;

// The most frequent first, equal ones by name.
std::vector<Row> by_count(const auto& counts) {
  std::vector<Row> rows(counts.begin(), counts.end());
  std::ranges::stable_sort(rows, std::ranges::greater(), &Row::second);
  return rows;
}

std::string right_aligned(std::uint64_t count, std::size_t width) {
  const std::string text = std::to_string(count);
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

}  // namespace

void AuditStats::count(Counts& counts, std::string_view name) const {
  const auto found = counts.of.find(name);
  if (found != counts.of.end()) {
    ++found->second;
  } else if (counts.of.size() == kMostNames) {
    ++counts.others;
  } else {
    counts.of.emplace(name, 1);
  }
}

void AuditStats::add(const AuditLine& line) {
  if (!line.text("event").empty()) {
    ++events_;
    return;
  }
  ++decisions_;
  const std::string_view time = line.text("timestamp");
  if (first_.empty()) first_ = time;
  last_ = time;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    std::string_view name = line.text(kKinds[i].member);
    if (name.empty() && !kKinds[i].instead.empty()) name = line.text(kKinds[i].instead);
    count(counts_[i], name.empty() ? kNone : name);
  }
}

void AuditStats::show(ToolOutput& out) const {
  std::string head = number_of(decisions_, "decision");
  if (decisions_ > 0) head += ", from " + harmless(time_of(first_)) + " to " + harmless(time_of(last_));
  if (events_ > 0) head += "; " + number_of(events_, "line") + " of other events";
  out.line(head);
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    const std::vector<Row> rows = by_count(counts_[i].of);
    if (rows.empty()) continue;
    out.line(out.ink(Ink::kStrong, "by " + std::string(kKinds[i].name)));
    const std::size_t width = std::to_string(rows.front().second).size() + 2;
    std::uint64_t more = counts_[i].others;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto& [name, count] = rows[row];
      if (row >= kShown) {
        more += count;
        continue;
      }
      const Ink ink = i == 0 ? ink_of_outcome(name) : Ink::kNone;
      out.line(right_aligned(count, width) + "  " + out.ink(ink, name));
    }
    if (more > 0) out.line(right_aligned(more, width) + "  " + out.ink(Ink::kQuiet, "of others"));
  }
}

void AuditStats::add_to(ipc::JsonText& json) const {
  json.number("decisions", static_cast<std::int64_t>(decisions_)).number("events", static_cast<std::int64_t>(events_));
  json.text_or_null("first", first_).text_or_null("last", last_);
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    json.open_list("by_" + std::string(kKinds[i].name));
    for (const auto& [name, count] : by_count(counts_[i].of)) {
      json.open_object().text("name", name).number("count", static_cast<std::int64_t>(count)).close_object();
    }
    json.close_list().number("other_" + std::string(kKinds[i].name) + "s",
                             static_cast<std::int64_t>(counts_[i].others));
  }
}

}  // namespace broker
