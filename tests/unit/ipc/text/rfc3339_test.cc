#include "ipc/text/rfc3339.h"

#include <gtest/gtest.h>

namespace ipc {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

std::string text_of(long long since_1970) { return std::string(rfc3339(sys_seconds(seconds(since_1970))).text()); }

// As `date -u -d @N +%Y-%m-%dT%H:%M:%SZ` prints them.
TEST(TimeTextTest, ReadsAsDateDoes) {
  EXPECT_EQ(text_of(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(text_of(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(text_of(951868799), "2000-02-29T23:59:59Z");
  EXPECT_EQ(text_of(951868800), "2000-03-01T00:00:00Z");
  EXPECT_EQ(text_of(1769990400), "2026-02-02T00:00:00Z");
  EXPECT_EQ(text_of(253402300799), "9999-12-31T23:59:59Z");
}

// As `date -u -d TEXT +%s` reads them.
TEST(Rfc3339Test, ReadsEveryFormThatTheStandardHas) {
  EXPECT_EQ(read_rfc3339("2026-02-02T00:00:00Z")->utc(), sys_seconds(seconds(1769990400)));
  EXPECT_EQ(read_rfc3339("2026-02-02t00:00:00.123456789z")->utc(), sys_seconds(seconds(1769990400)));
  EXPECT_EQ(read_rfc3339("2026-02-02 01:30:00+01:30")->utc(), sys_seconds(seconds(1769990400)));
  EXPECT_EQ(read_rfc3339("2026-02-01T22:30:00-01:30")->utc(), sys_seconds(seconds(1769990400)));
  EXPECT_EQ(read_rfc3339("2016-12-31T23:59:60Z")->utc(), sys_seconds(seconds(1483228800)));
  EXPECT_FALSE(read_rfc3339("2026-02-02T00:00")->east);
  EXPECT_FALSE(read_rfc3339("2026-02-02T00:00")->has_seconds);
}

TEST(Rfc3339Test, GuessesNothing) {
  for (const char* text : {"",
                           "2026-02-02",
                           "2026-02-02T",
                           "2026-+1-31T12:00:00Z",
                           "2026-01-31T12:+0:-0Z",
                           "2026-1-31T12:00:00Z",
                           " 2026-01-31T12:00:00Z",
                           "2026-01-31T12:00:00Z ",
                           "2026-01-31T12:00:00",
                           "2026-02-30T12:00:00Z",
                           "2026-00-10T12:00:00Z",
                           "2026-01-31T24:00:00Z",
                           "2026-01-31T12:60:00Z",
                           "2026-01-31T12:00:61Z",
                           "2026-01-31T12:00:00.Z",
                           "2026-01-31T12:00:00.123456789012Z",
                           "2026-01-31T12:00:00+0100",
                           "2026-01-31T12:00:00+24:00",
                           "2026-01-31T12:00:00+01:60",
                           "2026-01-31_12:00:00Z",
                           "2026-01-31T12:00.5Z"}) {
    const auto read = read_rfc3339(text);
    EXPECT_FALSE(read && read->east) << text;
    EXPECT_FALSE(read_aws_time(text)) << text;
  }
}

TEST(Rfc3339Test, AwsWritesUtcAlone) {
  EXPECT_EQ(read_aws_time("2026-02-02T00:00:00.5Z"), sys_seconds(seconds(1769990400)));
  EXPECT_FALSE(read_aws_time("2026-02-02T01:00:00+01:00"));
  for (const char* text : {"1999-12-31T23:59:59Z", "2026-02-02t00:00:00Z", "2026-02-02T00:00:00z",
                           "2026-02-02 00:00:00Z", "2026-02-02T00:00Z"}) {
    EXPECT_FALSE(read_aws_time(text)) << text;
  }
}

}  // namespace
}  // namespace ipc
