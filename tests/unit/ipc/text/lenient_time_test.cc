#include "ipc/text/lenient_time.h"

#include <gtest/gtest.h>

namespace ipc {
namespace {

constexpr std::chrono::sys_seconds kNoon =
    std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + std::chrono::hours(12);

// One moment as programs of many languages print it. Botocore reads all of these: tests/interop/test_printed_times.py.
TEST(LenientTimeTest, ReadsOneMomentHoweverItIsPrinted) {
  for (const char* text : {"2026-01-31T12:00:00Z",
                           "2026-01-31T12:00:00z",
                           "2026-01-31t12:00:00Z",
                           "2026-01-31T12:00:00.999Z",
                           "2026-01-31T12:00:00,999Z",
                           "2026-01-31T12:00Z",
                           "2026-01-31T12:00:00+00:00",
                           "2026-01-31T12:00:00+0000",
                           "2026-01-31T12:00:00-0000",
                           "2026-01-31T14:00:00+0200",
                           "2026-01-31T14:00:00+02:00",
                           "2026-01-31T14:00:00+02",
                           "2026-01-31T04:00:00-08:00",
                           "2026-01-31T12:00:00UTC",
                           "2026-01-31T12:00:00 UTC",
                           "2026-01-31 12:00:00 GMT",
                           "2026-01-31 12:00:00Z",
                           "2026-01-31 14:00:00 +0200",
                           "2026-01-31  12:00:00.123456789+00:00",
                           "20260131T120000Z",
                           " 2026-01-31T12:00:00Z\r\n",
                           "Sat, 31 Jan 2026 12:00:00 GMT",
                           "Sat, 31 Jan 2026 14:00:00 +0200",
                           "Sat Jan 31 12:00:00 UTC 2026"}) {
    EXPECT_EQ(read_lenient_time(text), kNoon) << text;
  }
}

TEST(LenientTimeTest, GuessesNothing) {
  for (const char* text : {"",
                           " ",
                           "Z",
                           "soon",
                           "2026-01-31",
                           "2026-01-31T",
                           "2026-01-31T12:00:00",
                           "2026-01-31 12:00:00",
                           "1769860800",
                           "2026-01-31T12Z",
                           "2026-01-31T12:00:00Zulu",
                           "2026-01-31T12:00:00ZZ",
                           "2026-01-31T12:00:00Z UTC",
                           "2026-01-31T12:00:00+02:00Z",
                           "2026-01-31T12:00:00UTC+2",
                           "2026-01-31T12:00:00 EST",
                           "2026-01-31T12:00:00utc",
                           "2026-01-31T12:00:00+0200Z",
                           "2026-01-31T12:00:00+24:00",
                           "2026-01-31T12:00:00+02:60",
                           "2026-01-31T12:00:00+2",
                           "2026-01-31T12:00:00+02:",
                           "2026-01-31T12:00:00.Z",
                           "2026-01-31T12:00:60Z",
                           "2026-01-31T24:00:00Z",
                           "2026-01-31T12:60:00Z",
                           "2026-02-30T12:00:00Z",
                           "2026-13-01T12:00:00Z",
                           "2026-00-01T12:00:00Z",
                           "0000-01-31T12:00:00Z",
                           "2026-1-31T12:00:00Z",
                           "2026-0131T12:00:00Z",
                           "202601-31T12:00:00Z",
                           "20260131T12:00:00Z",
                           "-2026-01-31T12:00:00Z",
                           "+2026-01-31T12:00:00Z",
                           "31/01/2026 12:00:00Z",
                           "01/31/2026 12:00:00Z",
                           "Sat, 31 Foo 2026 12:00:00 GMT",
                           "Sat 31 Jan 2026 12:00:00 GMT",
                           "Someday, 31 Jan 2026 12:00:00 GMT",
                           "Sat, 31 Jan 26 12:00:00 GMT",
                           "Sat Jan 31 12:00:00 2026",
                           "2026-01-31T12:00:00Z; rm",
                           "2026-01-31\xC2\xA0"
                           "12:00:00Z",
                           "\xEF\xBC\x92"
                           "026-01-31T12:00:00Z"}) {
    EXPECT_FALSE(read_lenient_time(text)) << text;
  }
  EXPECT_FALSE(read_lenient_time(std::string(60, ' ') + "2026-01-31T12:00:00Z"));
  EXPECT_FALSE(read_lenient_time(std::string_view("2026-01-31T12:00:00Z\0", 21)));
}

// Go's time of no keys: it is read, and what it is the end of has ended.
TEST(LenientTimeTest, TheFirstYearIsAMoment) {
  EXPECT_EQ(read_lenient_time("0001-01-01T00:00:00Z"), std::chrono::sys_days(std::chrono::year(1) / 1 / 1));
}

}  // namespace
}  // namespace ipc
