#include "caller/refusal_flood.h"

#include <gtest/gtest.h>

namespace {

using broker::Check;
using broker::RefusalFlood;
using std::chrono::milliseconds;

class RefusalFloodTest : public ::testing::Test {
 protected:
  // Sends `count` refusals at one moment; returns how many lines are written.
  int send(int count, Check check, long uid, milliseconds at) {
    int written = 0;
    for (int i = 0; i < count; ++i) written += flood_.admit(check, uid, start_ + at).has_value() ? 1 : 0;
    return written;
  }
  RefusalFlood flood_;
  broker::Clock::SinceBoot start_ = std::chrono::hours(1);
};

TEST_F(RefusalFloodTest, AFloodWritesNoMoreThanItsShareOfASecond) {
  EXPECT_EQ(send(40'000, Check::kTokenMissing, 1001, milliseconds(0)), RefusalFlood::kPerSecond);
  EXPECT_EQ(send(40'000, Check::kTokenMissing, 1001, milliseconds(999)), 0);
}

TEST_F(RefusalFloodTest, TheNextLineSaysHowManyWereCountedOnly) {
  send(RefusalFlood::kPerSecond + 7, Check::kTokenMissing, 1001, milliseconds(0));
  EXPECT_EQ(flood_.admit(Check::kTokenMissing, 1001, start_ + milliseconds(1000)), 7);
  EXPECT_EQ(flood_.admit(Check::kTokenMissing, 1001, start_ + milliseconds(1001)), 0);
}

TEST_F(RefusalFloodTest, OneUsersFloodDoesNotHideAnothersTry) {
  send(1000, Check::kWrongUser, 1001, milliseconds(0));
  EXPECT_EQ(flood_.admit(Check::kWrongUser, 1002, start_), 0);
  EXPECT_EQ(flood_.admit(Check::kOutsideTree, 1001, start_), 0);
}

TEST_F(RefusalFloodTest, ManyUidsShareOneKindWhenThereAreTooMany) {
  for (long uid = 0; uid < 10'000; ++uid) flood_.admit(Check::kWrongUser, uid, start_);
  EXPECT_EQ(send(1000, Check::kWrongUser, 20'000, milliseconds(1)), 0);
}

}  // namespace
