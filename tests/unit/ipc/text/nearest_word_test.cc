// A suggestion is near, or there is none.
#include "ipc/text/nearest_word.h"

#include <gtest/gtest.h>

namespace {

TEST(EditDistance, CountsLettersThatWereMistyped) {
  EXPECT_EQ(ipc::edit_distance("", ""), 0U);
  EXPECT_EQ(ipc::edit_distance("", "abc"), 3U);
  EXPECT_EQ(ipc::edit_distance("profile", "profile"), 0U);
  EXPECT_EQ(ipc::edit_distance("profil", "profile"), 1U);
  EXPECT_EQ(ipc::edit_distance("porfile", "profile"), 1U) << "two neighbours swapped are one";
  EXPECT_EQ(ipc::edit_distance("ab", "ba"), 1U);
  EXPECT_EQ(ipc::edit_distance("abc", "cba"), 2U) << "no neighbours";
  EXPECT_EQ(ipc::edit_distance("ca", "abc"), 3U) << "nothing goes between two that were swapped";
  EXPECT_EQ(ipc::edit_distance("Allow", "allow"), 1U) << "case counts";
  EXPECT_EQ(ipc::edit_distance("kitten", "sitting"), ipc::edit_distance("sitting", "kitten"));
}

constexpr std::string_view kWords[] = {"users", "profiles", "mode"};

TEST(NearestWord, FarWordsGetNoSuggestion) {
  EXPECT_FALSE(ipc::nearest_word("", kWords) && ipc::nearest_word("", kWords)->size() > 1);
  EXPECT_FALSE(ipc::nearest_word("conditions", kWords));
  EXPECT_FALSE(ipc::nearest_word(std::string(1000, 'u'), kWords));
  EXPECT_EQ(ipc::suggestion("xyzzy", kWords), "; it can be users, profiles or mode");
}

TEST(NearestWord, NearWordsAreNamed) {
  EXPECT_EQ(ipc::nearest_word("user", kWords), "users");
  EXPECT_EQ(ipc::nearest_word("Mode", kWords), "mode");
  EXPECT_EQ(ipc::nearest_word("porfiles", kWords), "profiles");
  EXPECT_EQ(ipc::suggestion("usres", kWords), "; did you mean \"users\"?");
}

TEST(NearestWord, AThirdOfAWordMayBeMistyped) {
  constexpr std::string_view kLong[] = {"policy-parameter"}, kShort[] = {"exec"};
  EXPECT_EQ(ipc::nearest_word("exce", kShort), "exec");
  EXPECT_FALSE(ipc::nearest_word("exxx", kShort));
  EXPECT_EQ(ipc::nearest_word("policy-parxxxxxr", kLong), "policy-parameter");
  EXPECT_FALSE(ipc::nearest_word("policy-paxxxxxxx", kLong));
}

}  // namespace
