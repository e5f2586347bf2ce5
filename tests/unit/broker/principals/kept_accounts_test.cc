// What is kept is used in its time only, and is bounded.
#include "principals/kept_accounts.h"

#include <gtest/gtest.h>

#include "principals/rows_fixture.h"

namespace broker::testing {
namespace {

using std::chrono::seconds;

TEST(KeptAccounts, AnswerIsGoneWhenItsTimeIsOver) {
  KeptAccounts kept(10, 1000);
  kept.put(1000, login(1000, "marta"), seconds(60), seconds(0));
  EXPECT_FALSE(kept.find(1001, seconds(0)));
  ASSERT_TRUE(kept.find(1000, seconds(60) - std::chrono::nanoseconds(1)));
  EXPECT_FALSE(kept.find(1000, seconds(60)));
  EXPECT_EQ(kept.size(), 0U);
  EXPECT_EQ(kept.bytes(), 0U);
}

TEST(KeptAccounts, AnswerThatIsTooOldAlreadyOrTooLargeDisplacesNothing) {
  KeptAccounts kept(2, 100);
  kept.put(1000, login(1000, "marta"), seconds(60), seconds(0));
  kept.put(1001, login(1001, "otto"), seconds(60), seconds(0));
  kept.put(1002, login(1002, "ina"), seconds(5), seconds(5));
  kept.put(1003, login(1003, std::string(101, 'a')), seconds(60), seconds(0));
  EXPECT_TRUE(kept.find(1000, seconds(1)));
  EXPECT_TRUE(kept.find(1001, seconds(1)));
  EXPECT_EQ(kept.size(), 2U);
}

TEST(KeptAccounts, OlderAnswerOfAUidMakesRoomAlsoForNone) {
  KeptAccounts kept(10, 1000);
  kept.put(1000, login(1000, "marta"), seconds(60), seconds(0));
  kept.put(1000, login(1000, "ina"), seconds(60), seconds(0));
  EXPECT_EQ((*kept.find(1000, seconds(0)))->login, "ina");
  kept.put(1000, login(1000, "marta"), seconds(5), seconds(5));
  EXPECT_FALSE(kept.find(1000, seconds(5)));
  EXPECT_EQ(kept.bytes(), 0U);
}

TEST(KeptAccounts, ThatWhichWasAskedForLongestAgoMakesRoom) {
  KeptAccounts kept(3, 1000);
  for (uid_t uid = 1; uid <= 3; ++uid) kept.put(uid, login(uid, "marta"), seconds(60), seconds(0));
  EXPECT_TRUE(kept.find(1, seconds(0)));
  kept.put(4, login(4, "marta"), seconds(60), seconds(0));
  EXPECT_TRUE(kept.find(1, seconds(0)));
  EXPECT_FALSE(kept.find(2, seconds(0)));
  EXPECT_TRUE(kept.find(3, seconds(0)));
}

TEST(KeptAccounts, NamesAreBoundedTogether) {
  KeptAccounts kept(100, 1000);
  for (uid_t uid = 1; uid <= 20; ++uid) {
    kept.put(uid, login(uid, std::string(100, 'a'), {"staff"}), seconds(60), seconds(0));
    EXPECT_LE(kept.bytes(), 1000U);
  }
  EXPECT_LT(kept.size(), 10U);
  EXPECT_TRUE(kept.find(20, seconds(0)));
  EXPECT_FALSE(kept.find(1, seconds(0)));
}

}  // namespace
}  // namespace broker::testing
