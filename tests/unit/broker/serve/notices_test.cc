#include "serve/notices.h"

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

}  // namespace
