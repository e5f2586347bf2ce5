#include "policy_moment.h"

#include <string>
#include <vector>

#include "plain_text.h"
#include "time_window.h"

namespace broker {
namespace {

using namespace std::chrono;

constexpr char kForms[] = "write 2026-01-31T12:00:00+01:00, or \"2026-01-31 12:00\" for this host's own time";

std::unexpected<ipc::Error> no_moment(std::string_view text, std::string_view why) {
  return ipc::fail(ipc::Fault::kUsage, in_quotes(text) + " " + std::string(why), kForms);
}

// Takes what a pattern of digits ('0') and other characters, which must be as they are, finds at the front.
bool take(std::string_view& text, std::string_view pattern, std::vector<int>& numbers) {
  if (text.size() < pattern.size()) return false;
  bool in_number = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (pattern[i] != '0') {
      if (text[i] != pattern[i]) return false;
      in_number = false;
      continue;
    }
    if (!digit) return false;
    if (!in_number) numbers.push_back(0);
    in_number = true;
    numbers.back() = numbers.back() * 10 + (text[i] - '0');
  }
  text.remove_prefix(pattern.size());
  return true;
}

// The offset behind a time: Z, or +HH:MM; nothing for anything else.
bool take_offset(std::string_view text, seconds& offset) {
  if (text == "Z" || text == "z") return true;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  std::vector<int> parts;
  if (!take(text, "00:00", parts) || !text.empty() || parts[0] > 23 || parts[1] > 59) return false;
  offset = sign * (hours(parts[0]) + minutes(parts[1]));
  return true;
}

// All instants at which the zone's clock shows this minute.
std::vector<sys_seconds> shown_at(const date::time_zone& zone, sys_seconds as_utc) {
  const sys_days day = floor<days>(as_utc);
  const LocalMinute wanted{weekday(day).c_encoding(), static_cast<int>(floor<minutes>(as_utc - day).count())};
  std::vector<sys_seconds> found;
  for (sys_seconds at = as_utc - hours(15); at <= as_utc + hours(15); at += minutes(1)) {
    const auto local = minute_in_zone(zone, at);
    if (local && local->weekday == wanted.weekday && local->minute == wanted.minute) found.push_back(at);
  }
  return found;
}

}  // namespace

ipc::Result<sys_seconds> parse_moment(std::string_view text) {
  std::string_view rest = text;
  std::vector<int> part;
  if (!take(rest, "0000-00-00", part)) return no_moment(text, "is no time");
  const bool local = rest.starts_with(' ');
  if (!rest.starts_with(' ') && !rest.starts_with('T') && !rest.starts_with('t')) return no_moment(text, "is no time");
  rest.remove_prefix(1);
  if (!take(rest, "00:00", part)) return no_moment(text, "is no time");
  if (rest.starts_with(':') && !take(rest, ":00", part)) return no_moment(text, "is no time");
  const year_month_day date(year(part[0]), month(static_cast<unsigned>(part[1])), day(static_cast<unsigned>(part[2])));
  const int second = part.size() > 5 ? part[5] : 0;
  if (!date.ok() || part[0] < 1970 || part[3] > 23 || part[4] > 59 || second > 59) {
    return no_moment(text, "is no day and time of the calendar");
  }
  const sys_seconds minute = sys_days(date) + hours(part[3]) + minutes(part[4]);
  seconds offset{0};
  if (!rest.empty()) {
    if (local || !take_offset(rest, offset)) return no_moment(text, "is no time");
    return minute + seconds(second) - offset;
  }
  if (!local) return no_moment(text, "has no offset from UTC");
  const auto zone = local_zone();
  if (!zone) return std::unexpected(zone.error());
  const std::vector<sys_seconds> found = shown_at(**zone, minute);
  if (found.empty()) return no_moment(text, "is skipped by this host's clock, which goes forward then");
  if (found.size() > 1) return no_moment(text, "comes twice on this host, whose clock goes back then");
  return found.front() + seconds(second);
}

}  // namespace broker
