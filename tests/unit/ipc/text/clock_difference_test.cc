#include "ipc/text/clock_difference.h"

#include <gtest/gtest.h>

namespace ipc {
namespace {

TEST(ClockDifference, AClockIsSpokenOfFromAMinuteOn) {
  using namespace std::chrono_literals;
  for (const std::chrono::seconds off : {0s, 59s, -59s}) EXPECT_EQ(clock_difference_words(off), "");
  EXPECT_EQ(clock_difference_words(60s), "1 minute behind AWS's");
  EXPECT_EQ(clock_difference_words(5400s), "90 minutes behind AWS's");
  EXPECT_EQ(clock_difference_words(-5400s), "90 minutes ahead of AWS's");
  EXPECT_EQ(clock_difference_words(10h), "10 hours behind AWS's");
  EXPECT_EQ(clock_difference_words(-24h * 400), "400 days ahead of AWS's");
}

}  // namespace
}  // namespace ipc
