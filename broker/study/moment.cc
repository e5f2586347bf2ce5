#include "study/moment.h"

#include <string>
#include <vector>

#include "policy/time_window.h"
#include "text/plain_text.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using namespace std::chrono;

constexpr char kForms[] = "write 2026-01-31T12:00:00+01:00, or \"2026-01-31 12:00\" for this host's own time";

std::unexpected<ipc::Error> no_moment(std::string_view text, std::string_view why) {
  return ipc::fail(ipc::Fault::kUsage, in_quotes(text) + " " + std::string(why), kForms);
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
  const auto read = read_rfc3339(text);
  if (!read || read->has_fraction || read->local < sys_seconds{} || read->second > 59) {
    return no_moment(text, "is no day and time of the calendar");
  }
  const bool local = read->between == ' ';
  if (local && read->east) return no_moment(text, "is no day and time of the calendar");
  if (!local && !read->east) return no_moment(text, "has no offset from UTC");
  if (!local) return read->utc();
  const auto zone = local_zone();
  if (!zone) return std::unexpected(zone.error());
  const std::vector<sys_seconds> found = shown_at(**zone, floor<minutes>(read->local));
  if (found.empty()) return no_moment(text, "is skipped by this host's clock, which goes forward then");
  if (found.size() > 1) return no_moment(text, "comes twice on this host, whose clock goes back then");
  return found.front() + seconds(read->second);
}

}  // namespace broker
