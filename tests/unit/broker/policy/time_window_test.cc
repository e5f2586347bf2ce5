// Zones are the host's own, whatever the environment says.
#include "policy/time_window.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace broker {
namespace {

TEST(TimeWindow, NamesThatAreNoZoneAreRefused) {
  for (const char* name : {"", "Nowhere/Atall", "europe/berlin", "UTC+1", "..", "/etc/localtime", "Europe", "right/UTC",
                           "posix/UTC", "tzdata.zi", "Europe/Berlin ", "EST5EDT4"}) {
    EXPECT_FALSE(find_zone(name)) << name;
  }
}

TEST(TimeWindow, EveryZoneOfTheHostKeepsItsSummerTime) {
  for (const char* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC",
                           "Asia/Kolkata", "America/Sao_Paulo", "Europe/Dublin"}) {
    EXPECT_TRUE(find_zone(name)) << name;
  }
}

TEST(TimeWindow, TheLocalZoneIsNotTheCallersToChoose) {
  const auto before = local_zone();
  ::setenv("TZ", "Pacific/Kiritimati", 1);
  ::setenv("TZDIR", "/nonexistent", 1);
  ::setenv("ZONEINFO", "/nonexistent", 1);
  const auto after = local_zone();
  ::unsetenv("TZ");
  ::unsetenv("TZDIR");
  ::unsetenv("ZONEINFO");
  ASSERT_EQ(before.has_value(), after.has_value());
  EXPECT_EQ(before.value_or(nullptr), after.value_or(nullptr));
}

TEST(TimeWindow, SecondsWithinAMinuteDoNotCount) {
  const auto utc = find_zone("UTC");
  ASSERT_TRUE(utc);
  const auto local = minute_in_zone(**utc, std::chrono::sys_seconds(std::chrono::seconds(59)));
  ASSERT_TRUE(local);
  EXPECT_EQ(local->minute, 0);
  EXPECT_EQ(local->weekday, 4u) << "1970-01-01 was a Thursday";
  EXPECT_EQ(minute_in_zone(**utc, std::chrono::sys_seconds(std::chrono::seconds(-1)))->minute, 1439);
}

TEST(TimeWindow, AnOvernightWindowBelongsToTheDayOnWhichItStarts) {
  constexpr unsigned kThursday = 4, kFriday = 5, kSaturday = 6, kSunday = 0;
  TimeWindow night;
  night.days = Weekdays().set(kFriday);
  night.start_minute = 22 * 60, night.end_minute = 6 * 60, night.overnight = true;
  const auto open = [&](unsigned day, int hour, int minute) { return is_open(night, {day, hour * 60 + minute}); };
  EXPECT_FALSE(open(kFriday, 0, 0)) << "that is Thursday's night";
  EXPECT_FALSE(open(kFriday, 5, 59));
  EXPECT_FALSE(open(kThursday, 23, 0));
  EXPECT_FALSE(open(kFriday, 21, 59));
  EXPECT_FALSE(open(kSaturday, 6, 0));
  EXPECT_FALSE(open(kSaturday, 22, 0));
  EXPECT_TRUE(open(kFriday, 22, 0));
  EXPECT_TRUE(open(kFriday, 23, 59));
  EXPECT_TRUE(open(kSaturday, 0, 0));
  EXPECT_TRUE(open(kSaturday, 5, 59));
  night.days = Weekdays().set(kSaturday);
  EXPECT_TRUE(open(kSunday, 5, 59)) << "the week begins where it ends";
  EXPECT_FALSE(open(kFriday, 22, 0));
}

TEST(TimeWindow, AnEndOfTwentyFourHoursIncludesTheLastMinute) {
  TimeWindow evening;
  evening.start_minute = 22 * 60, evening.end_minute = TimeWindow::kDay;
  EXPECT_TRUE(is_open(evening, {1, 1439}));
  EXPECT_FALSE(is_open(evening, {2, 0}));
}

}  // namespace
}  // namespace broker
