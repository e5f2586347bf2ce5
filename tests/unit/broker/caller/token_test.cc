#include "caller/token.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace broker {
namespace {

class TokenTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
};

TEST_F(TokenTest, HasTheLengthOf32BytesAndNoLetterThatAHeaderOrUrlWouldChange) {
  const auto token = make_token();
  ASSERT_TRUE(token);
  EXPECT_EQ(token->size(), kTokenLength);
  EXPECT_EQ(token->reveal().find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string_view::npos);
}

TEST_F(TokenTest, NoTwoAreAlikeAndEveryPlaceVaries) {
  std::set<std::string> all;
  std::vector<std::set<char>> seen(kTokenLength);
  for (int i = 0; i < 500; ++i) {
    const auto token = make_token();
    ASSERT_TRUE(token);
    all.emplace(token->reveal());
    for (std::size_t k = 0; k < kTokenLength; ++k) seen[k].insert(token->reveal()[k]);
  }
  EXPECT_EQ(all.size(), 500U);
  // The last character carries four bits of the 256, the others six: a shift that loses bits would show here.
  for (std::size_t k = 0; k + 1 < kTokenLength; ++k) EXPECT_GT(seen[k].size(), 50U) << k;
  EXPECT_EQ(seen[kTokenLength - 1].size(), 16U);
}

TEST_F(TokenTest, IsComparedBareAndWhole) {
  const auto token = make_token();
  ASSERT_TRUE(token);
  const std::string text(token->reveal());
  EXPECT_FALSE(token->equals("Bearer " + text));
  EXPECT_FALSE(token->equals(text.substr(1)));
  EXPECT_FALSE(token->equals(text + "\n"));
  EXPECT_FALSE(token->equals(""));
  EXPECT_TRUE(token->equals(text));
}

}  // namespace
}  // namespace broker
