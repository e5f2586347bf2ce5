// Finds time zones, and tells whether a window is open; the only file that includes the zone library.
//
// Blocks: find_zone() and local_zone() read /usr/share/zoneinfo, which is then kept; minute_in_zone() opens no file.
// Owns: nothing; a zone pointer lives as long as the process (the library's list).
// Units: minutes since local midnight; a second within a minute does not count.
// Limits: zone files carry explicit transitions up to 2037. A file in the slim form, whose daylight-saving rule the
// library would not follow, is refused when it is loaded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ipc/result.h"
#include "policy/policy.h"

namespace broker {

struct LocalMinute {
  unsigned weekday = 0;  // c_encoding(): Sunday is 0
  int minute = 0;
};

// Fails: kConfig when there is no such zone; `what` is a reason without place.
ipc::Result<const date::time_zone*> find_zone(std::string_view name);
// The host's zone by /etc/localtime; the TZ variable, which the caller controls, is never asked.
ipc::Result<const date::time_zone*> local_zone();
std::string_view zone_name(const date::time_zone& zone);

// Nothing when the zone cannot say; the caller refuses then.
std::optional<LocalMinute> minute_in_zone(const date::time_zone& zone, std::chrono::sys_seconds instant) noexcept;
// Half-open: start <= now < end, on the days given; overnight, after midnight, on the day after one of them.
bool is_open(const TimeWindow& window, LocalMinute now);
// "07:30", of minutes since midnight.
std::string clock_text(int minute);

}  // namespace broker
