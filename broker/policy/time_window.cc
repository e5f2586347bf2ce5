#include "policy/time_window.h"

#include <date/tz.h>

#include <array>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "ipc/text/nearest_word.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr char kZoneFolder[] = "/usr/share/zoneinfo/";

// The POSIX rule in a zone file's last line has a comma when summer and winter time go on for ever. The library reads
// only the list of transitions before it; a slim file's list ends years ago.
bool daylight_saving_is_lost(const date::time_zone& zone) {
  using namespace std::chrono;
  std::ifstream file(kZoneFolder + zone.name(), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (bytes.size() < 2 || bytes.back() != '\n') return true;
  const std::size_t previous = bytes.rfind('\n', bytes.size() - 2);
  const bool goes_on = previous != std::string::npos && bytes.find(',', previous) != std::string::npos;
  const sys_seconds late = sys_days(2036y / January / 1);
  return goes_on && zone.get_info(late).end > sys_days(2039y / January / 1);
}

// Reads the zone's file now, so that no evaluation has to. Rules share a few zones: each is looked at once.
ipc::Result<const date::time_zone*> loaded(const date::time_zone* zone) {
  static std::set<const date::time_zone*> good;
  if (good.contains(zone)) return zone;
  if (daylight_saving_is_lost(*zone)) {
    return ipc::fail(Fault::kConfig, "the file of time zone \"" + zone->name() + "\" lacks its daylight-saving changes",
                     "install Debian's tzdata, or a tzdata built with `zic -b fat`");
  }
  good.insert(zone);
  return zone;
}

// Names in right/ count leap seconds, so that their clocks are not the wall's.
bool is_ordinary(std::string_view name) { return !name.starts_with("right/") && !name.starts_with("posix/"); }

ipc::Result<const date::time_zone*> unknown(std::string_view name) {
  std::string hint;
  try {
    std::vector<std::string_view> names;
    for (const date::time_zone& zone : date::get_tzdb().zones) {
      if (is_ordinary(zone.name())) names.push_back(zone.name());
    }
    if (const auto near = ipc::nearest_word(name, names)) hint = "; did you mean \"" + std::string(*near) + "\"?";
  } catch (const std::exception&) {
    hint = "; this host has no zone files";
  }
  return ipc::fail(Fault::kConfig, "unknown time zone \"" + std::string(name) + "\"" + hint,
                   "use a name of the IANA list, such as Europe/Berlin or UTC; the package is tzdata");
}

}  // namespace

ipc::Result<const date::time_zone*> find_zone(std::string_view name) {
  if (!is_ordinary(name)) return unknown(name);
  try {
    return loaded(date::locate_zone(name));
  } catch (const std::exception&) {
    return unknown(name);
  }
}

ipc::Result<const date::time_zone*> local_zone() {
  try {
    return loaded(date::current_zone());
  } catch (const std::exception&) {
    return ipc::fail(Fault::kConfig, "the host's own time zone is not known (/etc/localtime)",
                     "name one with the key timezone");
  }
}

std::string_view zone_name(const date::time_zone& zone) { return zone.name(); }

std::optional<LocalMinute> minute_in_zone(const date::time_zone& zone, std::chrono::sys_seconds instant) noexcept {
  using namespace std::chrono;
  try {
    const sys_seconds shifted = instant + zone.get_info(instant).offset;
    const sys_days day = floor<days>(shifted);
    return LocalMinute{weekday(day).c_encoding(), static_cast<int>(floor<minutes>(shifted - day).count())};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

bool is_open(const TimeWindow& window, LocalMinute now) {
  const bool started = window.start_minute <= now.minute;
  const bool not_ended = now.minute < window.end_minute;
  if (!window.overnight) return window.days.test(now.weekday) && started && not_ended;
  const unsigned day_before = (now.weekday + window.days.size() - 1) % window.days.size();
  return (window.days.test(now.weekday) && started) || (window.days.test(day_before) && not_ended);
}

std::string clock_text(int minute) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%02d:%02d", minute / 60 % 100, minute % 60);
  return text.data();
}

}  // namespace broker
