#include "tools/audit/show.h"

#include <algorithm>
#include <charconv>

#include "ipc/terminal/local_time.h"
#include "ipc/text/go_duration.h"
#include "text/plain_text.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using ipc::Fault;
using std::chrono::seconds;
using std::chrono::sys_seconds;

// Dates are read as the first second of their day.
std::optional<sys_seconds> moment(std::string_view text) {
  const std::string whole = text.size() == 10 ? std::string(text) + "T00:00:00Z" : std::string(text);
  return read_aws_time(whole);
}

std::optional<seconds> length_of(std::string_view text) {
  if (text.ends_with('d')) {
    unsigned days = 0;
    const char* const end = text.data() + text.size() - 1;
    const auto [stopped, error] = std::from_chars(text.data(), end, days);
    if (error != std::errc{} || stopped != end || days > 36500) return std::nullopt;
    return std::chrono::days(days);
  }
  const auto length = ipc::parse_go_duration(text);
  if (!length || *length <= std::chrono::nanoseconds(0)) return std::nullopt;
  return std::chrono::duration_cast<seconds>(*length);
}

bool matches(const AuditLine& line, std::string_view key, const std::string& wanted) {
  return wanted.empty() || line.text(key) == wanted;
}

std::string value_of(const AuditLine& line, std::string_view key) {
  const AuditMember* const member = line.member(key);
  return member ? harmless(member->value) : std::string();
}

// Whether a word starts a column or says what it is.
void add(std::string& out, std::string_view label, const std::string& value) {
  if (value.empty()) return;
  out.append("  ").append(label).append(label.empty() ? "" : " ").append(value);
}

// The program that asked, where the line names it: the peer may be the credential helper that it ran.
std::string caller_of(const AuditLine& line) {
  const bool named = line.member("caller_pid") != nullptr;
  std::string caller = value_of(line, named ? "caller_pid" : "peer_pid");
  const std::string program = value_of(line, named ? "caller_executable" : "peer_executable");
  if (!program.empty()) caller.append(caller.empty() ? "" : " ").append(program);
  const std::string name = value_of(line, "caller_name");
  const bool is_shown = name.empty() || program.substr(program.rfind('/') + 1).starts_with(name);
  if (!is_shown && !program.starts_with('[')) caller.append(" (").append(name).append(")");
  return caller;
}

}  // namespace

bool AuditFilter::lets_through(const AuditLine& line) const {
  if (!matches(line, "user", user) || !matches(line, "profile", profile) || !matches(line, "effect", effect) ||
      !matches(line, "outcome", outcome) || !matches(line, "rule", rule)) {
    return false;
  }
  if (!since && !until) return true;
  const auto time = moment(line.text("timestamp"));
  return time && (!since || *time >= *since) && (!until || *time < *until);
}

ipc::Result<sys_seconds> read_moment(std::string_view text, sys_seconds now) {
  if (const auto exact = moment(text)) return *exact;
  if (const auto length = length_of(text)) return now - *length;
  return ipc::fail(Fault::kUsage, in_quotes(text) + " is no time",
                   "write 2026-01-31T12:00:00Z, 2026-01-31, or how long ago: 90s, 2h, 7d");
}

Ink ink_of_outcome(std::string_view outcome) {
  if (outcome == "issued") return Ink::kGood;
  return outcome == "refused" ? Ink::kBad : Ink::kWarn;
}

std::string time_of(std::string_view timestamp) {
  const auto time = moment(timestamp);
  return time ? ipc::local_time(*time) : std::string(timestamp);
}

std::string shown(const AuditLine& line, const ToolOutput& out) {
  const std::string outcome = value_of(line, "outcome");
  std::string word = line.text("event").empty() ? outcome : value_of(line, "event");
  if (word.empty()) word = value_of(line, "effect");
  word.resize(std::max<std::size_t>(word.size(), 7), ' ');
  std::string text = harmless(time_of(line.text("timestamp"))) + "  " + out.ink(ink_of_outcome(outcome), word);
  add(text, "", value_of(line, "user"));
  add(text, "", value_of(line, "profile"));
  add(text, "rule", value_of(line, "rule"));
  add(text, "check", value_of(line, "check"));
  const std::string seconds_long = value_of(line, "session_duration_seconds");
  add(text, "for", seconds_long.empty() ? "" : seconds_long + "s");
  add(text, "narrowed", value_of(line, "narrowed"));
  add(text, "key", value_of(line, "access_key_id"));
  add(text, "of", value_of(line, "principal"));
  add(text, "by", caller_of(line));
  add(text, "id", value_of(line, "request_id"));
  add(text, "because", value_of(line, "reason"));
  add(text, "detail", value_of(line, "detail"));
  return text;
}

}  // namespace broker
