#include "time_text.h"

#include <gtest/gtest.h>

namespace broker::testing {
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

}  // namespace
}  // namespace broker::testing
