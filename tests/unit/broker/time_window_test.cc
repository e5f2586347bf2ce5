// Zones are the host's own, whatever the environment says.
#include "time_window.h"

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

}  // namespace
}  // namespace broker
