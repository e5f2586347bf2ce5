// What an administrator cannot have meant is refused before the first caller.
#include "principals/row_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "principals/rows_fixture.h"

namespace broker::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string refusal_of(const std::vector<PrincipalRow>& rows) {
  const ipc::Status checked = check_rows(rows);
  if (checked) return "";
  EXPECT_EQ(checked.error().fault, ipc::Fault::kConfig);
  EXPECT_FALSE(checked.error().next_step.empty()) << checked.error().what;
  return checked.error().what;
}

TEST(RowCheck, TwoRowsThatClaimTheSameAreRefusedWithBothPlaces) {
  EXPECT_THAT(refusal_of({by_uid(1000, "marta"), by_uid(1000, "otto")}),
              AllOf(HasSubstr("map:uid1000"), HasSubstr("uid 1000 claims what")));
  EXPECT_THAT(refusal_of({by_name("marta", "a"), by_uid(7, "c"), by_name("marta", "b")}), HasSubstr("name \"marta\""));
  EXPECT_THAT(refusal_of({by_group("staff", "{name}"), by_group("staff", "x-{name}")}), HasSubstr("group \"staff\""));
  EXPECT_THAT(refusal_of({by_range(1500, 2000, "{name}"), by_range(1000, 1500, "x-{name}")}),
              AllOf(HasSubstr("map:uids1000"), HasSubstr("map:uids1500")));
  EXPECT_THAT(refusal_of({by_range(1000, 9000, "{name}"), by_range(2000, 2001, "x-{name}")}), HasSubstr("claims"));
}

TEST(RowCheck, OneUserOfSeveralUidsIsRefusedUnlessItIsShared) {
  EXPECT_THAT(refusal_of({by_range(1000, 1001, "ci")}), HasSubstr("all would be the user \"ci\""));
  EXPECT_THAT(refusal_of({by_group("build", "ci")}), HasSubstr("can hold for several uids"));
  EXPECT_THAT(refusal_of({by_uid(1000, "ci"), by_uid(1001, "ci")}), HasSubstr("and so is uid 1000 at map:uid1000"));
  EXPECT_THAT(refusal_of({by_uid(1000, "ci", true), by_name("bot", "ci")}), HasSubstr("and so is"));
  EXPECT_THAT(refusal_of({by_uid(1000, "{name}", true)}), HasSubstr("makes a user of each account"));
}

TEST(RowCheck, UserThatNoPolicyCanNameIsRefused) {
  for (const char* user : {"", "marta jones", "m\xc3\xa4rta", "m\xd0\xb0rta", "a:b", "{", "}", "{name", "name}", "{}",
                           "{login}", "{NAME}", "{ name }", "{name}{groups}", "a/b", "a\nb"}) {
    EXPECT_NE(refusal_of({by_uid(1000, user)}), "") << user;
  }
  EXPECT_NE(refusal_of({by_uid(1000, std::string(65, 'a'))}), "");
  EXPECT_NE(refusal_of({by_uid(1000, std::string(64, 'a') + "{name}")}), "");
  EXPECT_EQ(refusal_of({by_uid(1000, std::string(64, 'a'))}), "");
}

TEST(RowCheck, NumbersThatAreNobodysOrNoRangeAreRefused) {
  EXPECT_THAT(refusal_of({by_uid(65534, "marta")}), HasSubstr("nobody's"));
  EXPECT_THAT(refusal_of({by_uid(static_cast<uid_t>(-1), "marta")}), HasSubstr("nobody's"));
  EXPECT_THAT(refusal_of({by_range(2000, 1999, "{name}")}), HasSubstr("ends before it begins"));
  PrincipalRow odd = by_uid(1000, "marta");
  odd.last = 1001;
  EXPECT_THAT(refusal_of({odd}), HasSubstr("no single uid"));
}

TEST(RowCheck, NameThatNoDatabaseHoldsIsRefused) {
  for (const std::string& name : {std::string(), std::string("a\nb"), std::string("\x1b[2J"), std::string("\xff"),
                                  std::string(257, 'a'), std::string("a\0b", 3)}) {
    EXPECT_NE(refusal_of({by_name(name, "marta")}), "");
    EXPECT_NE(refusal_of({by_group(name, "{name}")}), "");
  }
}

TEST(RowCheck, WhatIsMeantPasses) {
  EXPECT_EQ(refusal_of({}), "");
  EXPECT_EQ(refusal_of({by_uid(0, "root"), by_uid(1000, "marta"), by_range(1000, 1999, "{name}"),
                        by_range(2000, 2999, "u{uid}"), by_name("otto", "otto.b@example.com"),
                        by_group("otto", "x-{name}"), by_group("domain users", "corp-{name}_{uid}")}),
            "")
      << "a uid in a range, and a login and a group of one name, are no two claims";
  EXPECT_EQ(refusal_of({by_uid(1000, "ci", true), by_range(2000, 2999, "ci", true), by_group("build", "ci", true)}),
            "");
}

}  // namespace
}  // namespace broker::testing
