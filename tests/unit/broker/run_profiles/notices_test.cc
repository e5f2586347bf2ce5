#include "run_profiles/notices.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

using broker::Notices;
using std::chrono::seconds;

class NoticesTest : public ::testing::Test {
 protected:
  std::vector<std::string> told_;
  Notices notices_{[this](ipc::Severity, const std::string& text) { told_.push_back(text); }};
  broker::Clock::SinceBoot start_ = std::chrono::hours(1);
};

TEST_F(NoticesTest, AnSdksFiveTriesAreOneLine) {
  for (int i = 0; i < 5; ++i) notices_.refusal("policy:freeze", "refused: freeze", start_ + seconds(i));
  EXPECT_EQ(told_, std::vector<std::string>{"refused: freeze"});
}

TEST_F(NoticesTest, ALaterRefusalIsToldWithTheNumberFoldedBefore) {
  notices_.refusal("policy:freeze", "refused: freeze", start_);
  notices_.refusal("policy:freeze", "refused: freeze", start_ + seconds(1));
  notices_.refusal("policy:freeze", "refused: freeze", start_ + seconds(60));
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_NE(told_[1].find("1 more"), std::string::npos);
}

TEST_F(NoticesTest, AnotherReasonIsToldAtOnce) {
  notices_.refusal("policy:freeze", "refused: freeze", start_);
  notices_.refusal("token", "refused: token", start_);
  EXPECT_EQ(told_.size(), 2u);
}

TEST_F(NoticesTest, MemoryStaysBoundedUnderAFlood) {
  for (int i = 0; i < 1000; ++i) notices_.refusal(std::to_string(i), "x", start_);
  EXPECT_EQ(told_.size(), 1000u);
}

TEST_F(NoticesTest, OthersNoiseIsToldOnceAMinuteWithItsCount) {
  int lines = 0;
  for (int i = 0; i < 6000; ++i) {  // ten minutes
    notices_.refusal_of_others("user", "of uid 1003", "refused: another user",
                               start_ + std::chrono::milliseconds(i * 100));
    if (i == 1200) lines = static_cast<int>(told_.size());
  }
  EXPECT_LE(told_.size(), static_cast<std::size_t>(lines) + 8);
  EXPECT_EQ(told_.back(), "refused: another user (and 599 more of uid 1003 since it was last told)");
  const auto before = told_.size();
  notices_.refusal_of_others("user", "of uid 1003", "refused: another user", start_ + seconds(600));
  for (int i = 0; i < 1300; ++i)
    notices_.refusal_of_others("user", "of uid 1003", "refused: another user", start_ + seconds(601));
  notices_.tell_counted(start_ + seconds(602));
  ASSERT_GT(told_.size(), before);
  EXPECT_NE(told_.back().find("more requests of uid 1003; the decision log counts them"), std::string::npos);
  EXPECT_NE(told_.back().find("refused 1,"), std::string::npos) << told_.back();
}

TEST_F(NoticesTest, OthersNoiseHidesNothingOfTheOwnPrograms) {
  notices_.refusal_of_others("token", "of uid 1003", "refused: no token", start_);
  notices_.refusal("token", "refused: no token", start_);
  EXPECT_EQ(told_.size(), 2u);
  notices_.refusal("token", "refused: no token", start_ + seconds(1));
  for (int i = 0; i < 1000; ++i)
    notices_.refusal_of_others("token", "of uid " + std::to_string(i), "refused: no token", start_ + seconds(2));
  EXPECT_LE(told_.size(), 2 + Notices::kMaxKinds + 1) << "many uids share one kind";
  notices_.refusal("token", "refused: no token", start_ + seconds(20));
  EXPECT_EQ(told_.back(), "refused: no token (and 1 more since it was last told)");
}

}  // namespace
