#include "caller/refusal_flood.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

using broker::Check;
using broker::RefusalFlood;
using std::chrono::milliseconds;

constexpr long kOwn = 1001, kOther = 1003;

class RefusalFloodTest : public ::testing::Test {
 protected:
  // Sends `count` refusals at one moment; returns how many lines are written.
  int send(int count, Check check, long uid, milliseconds at) {
    int written = 0;
    for (int i = 0; i < count; ++i) written += flood_.admit(check, uid, start_ + at).has_value() ? 1 : 0;
    return written;
  }
  // 20 refusals in each second; returns how many lines are written in each of the minutes.
  std::vector<int> minutes_of(long uid, int minutes, milliseconds from = {}) {
    std::vector<int> lines(static_cast<std::size_t>(minutes));
    for (int i = 0; i < minutes * 60 * 20; ++i)
      lines[static_cast<std::size_t>(i / 1200)] += send(1, Check::kTokenMissing, uid, from + milliseconds(i * 50));
    return lines;
  }
  RefusalFlood flood_{kOwn};
  broker::Clock::SinceBoot start_ = std::chrono::hours(1);
};

TEST_F(RefusalFloodTest, AFloodWritesNoMoreThanItsShareOfASecond) {
  EXPECT_EQ(send(40'000, Check::kTokenMissing, kOwn, milliseconds(0)), RefusalFlood::kPerSecond);
  EXPECT_EQ(send(40'000, Check::kTokenMissing, kOwn, milliseconds(999)), 0);
}

TEST_F(RefusalFloodTest, TheNextLineSaysHowManyWereCountedOnly) {
  send(RefusalFlood::kPerSecond + 7, Check::kTokenMissing, kOwn, milliseconds(0));
  EXPECT_EQ(flood_.admit(Check::kTokenMissing, kOwn, start_ + milliseconds(1000)), 7);
  EXPECT_EQ(flood_.admit(Check::kTokenMissing, kOwn, start_ + milliseconds(1001)), 0);
}

TEST_F(RefusalFloodTest, OthersNoiseDecaysToALineASecondAndThenALineAMinute) {
  const std::vector<int> lines = minutes_of(kOther, 4);
  EXPECT_EQ(lines[0], RefusalFlood::kAtFirst + 59) << "some at once, then a line a second";
  EXPECT_EQ(lines[1] + lines[2] + lines[3], 3) << "a line a minute";
  EXPECT_EQ(minutes_of(RefusalFlood::kUnknownUid, 2), (std::vector<int>{RefusalFlood::kAtFirst + 59, 1}))
      << "whom the kernel does not name may be anybody";
}

TEST_F(RefusalFloodTest, EachRefusalIsWrittenOrCounted) {
  long told = 0, written = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto counted = flood_.admit(Check::kWrongUser, kOther, start_ + milliseconds(i * 50));
    if (counted) ++written, told += *counted;
  }
  for (const auto& rest : flood_.take_counted(start_ + std::chrono::minutes(5))) {
    EXPECT_EQ(rest.check, Check::kWrongUser);
    EXPECT_EQ(rest.uid, kOther);
    told += rest.count;
  }
  EXPECT_EQ(told + written, 5000);
  EXPECT_TRUE(flood_.take_counted(start_ + std::chrono::minutes(5)).empty()) << "told twice";
}

TEST_F(RefusalFloodTest, WhoWasSilentForLongIsWrittenAsAtFirst) {
  minutes_of(kOther, 2);
  EXPECT_EQ(send(5, Check::kTokenMissing, kOther, milliseconds(130'000)), 0);
  const milliseconds later = std::chrono::minutes(13);
  EXPECT_EQ(send(50, Check::kTokenMissing, kOther, later), RefusalFlood::kAtFirst);
}

TEST_F(RefusalFloodTest, OneUsersFloodDoesNotHideAnothersTry) {
  send(1000, Check::kWrongUser, kOther, milliseconds(0));
  EXPECT_EQ(flood_.admit(Check::kWrongUser, 1002, start_), 0);
  EXPECT_EQ(flood_.admit(Check::kOutsideTree, kOther, start_), 0);
}

TEST_F(RefusalFloodTest, ManyUidsShareOneKindWhenThereAreTooManyAndTheOwnUserNeverDoes) {
  for (long uid = 2000; uid < 10'000; ++uid) flood_.admit(Check::kWrongUser, uid, start_);
  EXPECT_EQ(send(1000, Check::kWrongUser, 20'000, milliseconds(1)), 0);
  EXPECT_EQ(send(20, Check::kTokenMissing, kOwn, milliseconds(1)), 20);
}

TEST(WhoseRefusals, AreNamed) {
  EXPECT_EQ(broker::whose_refusals(1003), "of uid 1003");
  EXPECT_EQ(broker::whose_refusals(RefusalFlood::kUnknownUid), "of an unknown uid");
  EXPECT_EQ(broker::whose_refusals(RefusalFlood::kSeveralUids), "of other uids");
}

}  // namespace
