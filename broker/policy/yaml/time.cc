// When a rule holds: days, hours and the zone whose clock they mean.
#include "policy/time_window.h"
#include "policy/yaml/parts.h"

namespace broker {
namespace {

// "HH:MM" as minutes since midnight; -1 for anything else.
int minutes_of(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : 100; };
  if (text.size() != 5 || text[2] != ':') return -1;
  const int hour = digit(0) * 10 + digit(1);
  const int minute = digit(3) * 10 + digit(4);
  return hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}

bool read_start(YamlReader& in, const YamlNode& node, TimeWindow& window) {
  std::string text;
  if (!in.text(node, kMaxName, text)) return false;
  window.start_minute = minutes_of(text);
  if (window.start_minute >= 0) return true;
  return in.refuse(node, "\"start\" must be HH:MM from 00:00 to 23:59, and is " + in_quotes(text),
                   "write two digits for the hour and two for the minute, for example \"09:00\"");
}

// 24:00 is the end of the day; as an end, 23:59 leaves its last minute out.
bool read_end(YamlReader& in, const YamlNode& node, TimeWindow& window) {
  std::string text;
  if (!in.text(node, kMaxName, text)) return false;
  window.end_minute = text == "24:00" ? TimeWindow::kDay : minutes_of(text);
  if (window.end_minute >= 0) return true;
  return in.refuse(node, "\"end\" must be HH:MM from 00:00 to 24:00, and is " + in_quotes(text),
                   "write two digits for the hour and two for the minute, for example \"17:30\"");
}

constexpr Field<TimeWindow> kHours[] = {
    {"start", true, read_start, "HH:MM", "the first minute of the window"},
    {"end", true, read_end, "HH:MM", "the first minute after it; 24:00 is the end of the day"},
    {"overnight", false, [](YamlReader& in, const YamlNode& n, TimeWindow& t) { return in.yes_or_no(n, t.overnight); },
     "true or false", "the window crosses midnight, and ends on the day after the one on which it starts"},
};
void list_hour_keys(SchemaWalk& walk, const std::string& path) { walk.table<kHours>(path); }

bool read_hours(YamlReader& in, const YamlNode& node, TimeWindow& window) {
  if (!in.mapping(node, kHours, window)) return false;
  if (window.start_minute == window.end_minute) {
    return in.refuse(node, "hours start and end at the same minute, so that they are never",
                     "the end itself does not belong to the window: \"09:00\" to \"10:00\" is one hour");
  }
  const bool reversed = window.end_minute < window.start_minute;
  if (reversed == window.overnight) return true;
  if (reversed) {
    return in.refuse(node, "hours end before they start",
                     "add overnight: true if the window crosses midnight; \"24:00\" is the end of the day");
  }
  return in.refuse(node, "hours are overnight and yet end on the day on which they start",
                   "take overnight: true away, or let them end before they start");
}

bool read_zone(YamlReader& in, const YamlNode& node, TimeWindow& window) {
  std::string name;
  if (!in.text(node, kMaxName, name)) return false;
  const auto zone = find_zone(name);
  if (!zone) return in.refuse(node, zone.error().what, zone.error().next_step);
  window.zone = *zone;
  return true;
}

constexpr Field<TimeWindow> kTime[] = {
    {"days", false, [](YamlReader& in, const YamlNode& n, TimeWindow& t) { return in.words(n, kWeekdayWords, t.days); },
     "list of weekdays", "the days on which the window starts; left out: every day"},
    {"hours", false, read_hours, "mapping", "the time of day; left out: all of it", list_hour_keys},
    {"timezone", false, read_zone, "text", "whose clock counts, as Europe/Berlin; left out: the host's zone"},
};

}  // namespace

void list_time_keys(SchemaWalk& walk, const std::string& path) { walk.table<kTime>(path); }

bool read_time(YamlReader& in, const YamlNode& node, Conditions& conditions) {
  TimeWindow window;
  const MappingKeys keys = in.mapping(node, kTime, window);
  if (window.zone == nullptr && keys.sound({"timezone"})) {
    const auto zone = local_zone();
    if (!zone) return in.refuse(node, zone.error().what, zone.error().next_step);
    window.zone = *zone;
  }
  conditions.time = window;
  return keys;
}

}  // namespace broker
