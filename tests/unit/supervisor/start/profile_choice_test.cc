#include "start/profile_choice.h"

#include <gtest/gtest.h>

#include <vector>

namespace supervisor {
namespace {

const std::vector<std::string> kNames{"2",     "dev",   "dev-eu", "ledger-prod", "marta",
                                      "ops-a", "ops-b", "ops-c",  "ops-d",       "ops-e"};

std::string refusal(std::string_view typed) {
  const auto name = chosen(kNames, typed);
  return name ? "chose " + *name : name.error().what + "; " + name.error().next_step;
}

TEST(ProfileChoice, WhatFitsNothingOrMoreThanOneIsAskedAgain) {
  EXPECT_EQ(refusal(""), "nothing was typed; type a number of the list, or the beginning of one name");
  EXPECT_EQ(refusal("0"), "no profile is called 0; type a number of the list, or the beginning of one name");
  EXPECT_EQ(refusal("11"), "no profile is called 11; type a number of the list, or the beginning of one name");
  EXPECT_EQ(refusal("marat"), "no profile is called marat; did you mean marta?");
  EXPECT_EQ(refusal("de"), "de is the beginning of dev, dev-eu; type more of the name");
  EXPECT_EQ(refusal("ops"), "ops is the beginning of ops-a, ops-b, ops-c, ops-d and 1 more; type more of the name");
  EXPECT_EQ(refusal("x\x1b[2J").find('\x1b'), std::string::npos);
}

TEST(ProfileChoice, ANumberAWholeNameAndAPrefixOfOneNameChoose) {
  EXPECT_EQ(*chosen(kNames, "4"), "ledger-prod");
  EXPECT_EQ(*chosen(kNames, "10"), "ops-e");
  EXPECT_EQ(*chosen(kNames, "dev"), "dev") << "though another name begins so, too";
  EXPECT_EQ(*chosen(kNames, "led"), "ledger-prod");
  EXPECT_EQ(*chosen(kNames, "2"), "2") << "a profile's own name comes before a number";
}

TEST(ProfileChoice, TheListIsNumberedInColumnsAndHarmless) {
  const std::vector<std::string> names{"a", "b\x1b[31m"};
  EXPECT_EQ(numbered(names), "  1  a\n  2  b?[31m\n");
  EXPECT_TRUE(numbered(kNames).starts_with("   1  2\n")) << numbered(kNames);
  EXPECT_TRUE(numbered(kNames).ends_with("  10  ops-e\n"));
}

}  // namespace
}  // namespace supervisor
