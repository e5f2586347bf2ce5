// A suggestion is near, or there is none.
#include "text/nearest_word.h"

#include <gtest/gtest.h>

namespace broker {
namespace {

constexpr std::string_view kWords[] = {"users", "profiles", "mode"};

TEST(NearestWord, FarWordsGetNoSuggestion) {
  EXPECT_FALSE(nearest_word("", kWords) && nearest_word("", kWords)->size() > 1);
  EXPECT_FALSE(nearest_word("conditions", kWords));
  EXPECT_FALSE(nearest_word(std::string(1000, 'u'), kWords));
  EXPECT_EQ(suggestion("xyzzy", kWords), "; it can be users, profiles or mode");
}

TEST(NearestWord, NearWordsAreNamed) {
  EXPECT_EQ(nearest_word("user", kWords), "users");
  EXPECT_EQ(nearest_word("Mode", kWords), "mode");
  EXPECT_EQ(nearest_word("porfiles", kWords), "profiles");
  EXPECT_EQ(suggestion("usres", kWords), "; did you mean \"users\"?");
}

}  // namespace
}  // namespace broker
