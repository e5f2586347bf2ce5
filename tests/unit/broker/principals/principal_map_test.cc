// Whom policies judge: refusals first.
#include "principals/principal_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "principals/rows_fixture.h"

namespace broker::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

PrincipalMap map_of(std::vector<PrincipalRow> rows, uid_t overflow_uid = kOverflowUid) {
  auto map = PrincipalMap::make(std::move(rows), overflow_uid);
  EXPECT_TRUE(map) << map.error().what;
  return std::move(*map);
}

std::string refusal_of(PrincipalMap& map, const Account& account) {
  const auto principal = map.principal_of(account);
  if (principal) return "";
  EXPECT_EQ(principal.error().fault, ipc::Fault::kRefused);
  EXPECT_FALSE(principal.error().next_step.empty()) << principal.error().what;
  return principal.error().what;
}

std::string user_of(PrincipalMap& map, const Account& account) {
  const auto principal = map.principal_of(account);
  return principal ? principal->user : "refused: " + principal.error().what;
}

// ---- who is nobody

TEST(PrincipalMap, UidThatNoRowFitsIsRefused) {
  auto empty = map_of({});
  EXPECT_THAT(refusal_of(empty, login(1000, "marta", {"staff"})),
              HasSubstr("no row of the map of users fits uid 1000"));
  auto map =
      map_of({by_uid(1001, "a"), by_range(2000, 2999, "{name}"), by_name("otto", "b"), by_group("wheel", "{name}")});
  EXPECT_THAT(refusal_of(map, login(1000, "marta", {"staff", "wheels"})),
              AllOf(HasSubstr("login \"marta\""), HasSubstr("in groups \"staff\", \"wheels\"")));
  EXPECT_THAT(refusal_of(map, no_login(3000)), HasSubstr("uid 3000, which has no login"));
}

TEST(PrincipalMap, OverflowUidIsNobodyWhateverTheRowsSay) {
  auto map =
      map_of({by_range(1, 4294967295, "{uid}"), by_name("nobody", "nobody"), by_group("nogroup", "{name}")}, 12345);
  EXPECT_THAT(refusal_of(map, login(65534, "nobody", {"nogroup"})), HasSubstr("may be anyone"));
  EXPECT_THAT(refusal_of(map, no_login(static_cast<uid_t>(-1))), HasSubstr("may be anyone"));
  EXPECT_THAT(refusal_of(map, login(12345, "marta", {})), HasSubstr("may be anyone"))
      << "as this host's sysctl says it";
  EXPECT_FALSE(map.check_uid(65534));
  EXPECT_EQ(user_of(map, no_login(12346)), "12346");
}

TEST(PrincipalMap, RootIsWhoARowNamesAndInNoRangeAndNoGroup) {
  auto contained = map_of({by_range(0, 2000, "{name}"), by_group("root", "{name}"), by_group("wheel", "{name}")});
  EXPECT_THAT(refusal_of(contained, login(0, "root", {"root", "wheel"})),
              HasSubstr("root counts only where a row names it"));
  auto one = map_of({by_range(0, 0, "{name}")});
  EXPECT_THAT(refusal_of(one, login(0, "root", {"root"})), HasSubstr("no row"));
  auto by_number = map_of({by_uid(0, "operations"), by_range(0, 2000, "{name}")});
  EXPECT_EQ(user_of(by_number, login(0, "root", {"root"})), "operations");
  auto by_login = map_of({by_name("root", "operations")});
  EXPECT_EQ(user_of(by_login, login(0, "root", {"root"})), "operations");
}

TEST(PrincipalMap, WhatCanBeRefusedUnaskedIsKnownWithoutADatabase) {
  const auto numbers = map_of({by_uid(1000, "a"), by_range(2000, 2999, "{name}")});
  EXPECT_FALSE(numbers.check_uid(100000));
  EXPECT_FALSE(numbers.check_uid(0));
  EXPECT_TRUE(numbers.check_uid(1000));
  EXPECT_TRUE(numbers.check_uid(2999));
  const auto names = map_of({by_uid(1000, "a"), by_group("staff", "{name}")});
  EXPECT_TRUE(names.check_uid(100000)) << "it may be in the group";
}

// ---- what makes no user

TEST(PrincipalMap, TemplateWithoutItsNameIsRefusedAndNoOtherRowIsTried) {
  auto map = map_of({by_uid(1000, "{name}"), by_range(1000, 1999, "u{uid}")});
  EXPECT_THAT(refusal_of(map, no_login(1000)), AllOf(HasSubstr("uid 1000 has no name"), HasSubstr("map:uid1000")));
  EXPECT_EQ(user_of(map, no_login(1001)), "u1001");
}

TEST(PrincipalMap, LoginThatNoPolicyCanNameIsRefusedNotCleaned) {
  auto map = map_of({by_range(1000, 1999, "{name}"), by_range(2000, 2999, "{name}@example.com")});
  for (const char* name :
       {"CORP\\marta", "marta jones", "host$", "m\xd0\xb0rta", "m\xc3\xa4rta", "marta\n", "a:b", "a*"}) {
    EXPECT_THAT(refusal_of(map, login(1000, name)), HasSubstr("no user of a policy can be called")) << name;
  }
  EXPECT_THAT(refusal_of(map, login(1000, std::string(65, 'a'))), HasSubstr("no user of a policy"));
  EXPECT_THAT(refusal_of(map, login(2000, std::string(53, 'a'))), HasSubstr("no user of a policy"));
  EXPECT_EQ(user_of(map, login(2000, std::string(52, 'a'))), std::string(52, 'a') + "@example.com");
}

TEST(PrincipalMap, CapitalsCountAndARefusalSaysWhereTheyDiffer) {
  auto map = map_of({by_name("Marta", "a")});
  EXPECT_THAT(refusal_of(map, login(1000, "marta")), HasSubstr("map:name-Marta names \"Marta\", and capitals count"));
  EXPECT_THAT(refusal_of(map, login(1001, "otto")), Not(HasSubstr("capitals")));
  auto both = map_of({by_range(1000, 1999, "{name}")});
  EXPECT_EQ(user_of(both, login(1000, "marta")), "marta");
  EXPECT_EQ(user_of(both, login(1001, "Marta")), "Marta") << "two users, as rules compare them";
}

// ---- one user, one uid

TEST(PrincipalMap, UserThatARowWritesOutIsThatRowsBeforeItsUidEverCame) {
  auto map = map_of({by_uid(1000, "admin"), by_name("deploy-bot", "deploy"), by_range(3000, 3999, "ci", true),
                     by_group("staff", "{name}")});
  EXPECT_THAT(refusal_of(map, login(2000, "admin", {"staff"})), HasSubstr("is who the row at map:uid1000 says"));
  EXPECT_THAT(refusal_of(map, login(2001, "deploy", {"staff"})), HasSubstr("map:name-deploy-bot"));
  EXPECT_THAT(refusal_of(map, login(2002, "ci", {"staff"})), HasSubstr("map:uids3000"));
  EXPECT_EQ(user_of(map, login(1000, "marta", {"staff"})), "admin");
}

TEST(PrincipalMap, TwoUidsThatComeToOneUserAreRefusedTheSecond) {
  auto map = map_of({by_range(1000, 1999, "{name}"), by_range(2000, 2999, "{name}"), by_range(3000, 3999, "u{uid}")});
  EXPECT_EQ(user_of(map, login(1000, "marta")), "marta");
  EXPECT_THAT(refusal_of(map, login(2000, "marta")), HasSubstr("has been uid 1000 since the map was read"));
  EXPECT_EQ(user_of(map, login(1000, "marta")), "marta") << "the first keeps it";
  EXPECT_EQ(user_of(map, no_login(3001)), "u3001");
  EXPECT_THAT(refusal_of(map, login(1001, "u3001")), HasSubstr("has been uid 3001"));
}

TEST(PrincipalMap, LoginThatGotANewUidWaitsForANewMap) {
  const std::vector<PrincipalRow> rows{by_name("marta", "admin")};
  auto map = map_of(rows);
  EXPECT_EQ(user_of(map, login(1000, "marta")), "admin");
  EXPECT_THAT(refusal_of(map, login(1001, "marta")), HasSubstr("has been uid 1000"));
  auto moved = std::move(map);
  EXPECT_NE(refusal_of(moved, login(1001, "marta")), "") << "a map that moves remembers";
  auto anew = map_of(rows);
  EXPECT_EQ(user_of(anew, login(1001, "marta")), "admin");
}

TEST(PrincipalMap, SharedUserIsSeveralUids) {
  auto map = map_of({by_uid(1000, "ci", true), by_group("build", "ci", true)});
  EXPECT_EQ(user_of(map, login(1000, "marta")), "ci");
  EXPECT_EQ(user_of(map, login(1001, "otto", {"build"})), "ci");
  EXPECT_EQ(user_of(map, login(1002, "ina", {"build"})), "ci");
}

TEST(PrincipalMap, UidsThatItRemembersAreBounded) {
  auto map = map_of({by_range(1, 4294967295, "u{uid}")});
  for (uid_t uid = 100'000; uid < 100'000 + PrincipalMap::kMostHeld; ++uid)
    ASSERT_TRUE(map.principal_of(no_login(uid)));
  EXPECT_THAT(refusal_of(map, no_login(1000)), HasSubstr("65536 others have come"));
  EXPECT_EQ(user_of(map, no_login(100'000)), "u100000") << "who is known stays so";
}

// ---- which row counts

TEST(PrincipalMap, MoreSpecificRowComesFirstWhereverItStands) {
  const PrincipalRow uid = by_uid(1000, "of-uid"), name = by_name("marta", "of-name");
  const PrincipalRow range = by_range(1000, 1999, "range-{uid}"), group = by_group("staff", "group-{uid}");
  const Account marta = login(1000, "marta", {"users", "staff"});
  std::vector<PrincipalRow> rows{group, range, name, uid};
  for (const char* expected : {"of-uid", "of-name", "range-1000", "group-1000"}) {
    auto map = map_of(rows);
    EXPECT_EQ(user_of(map, marta), expected);
    std::vector<PrincipalRow> turned(rows.rbegin(), rows.rend());
    auto other = map_of(turned);
    EXPECT_EQ(user_of(other, marta), expected) << "written the other way round";
    rows.pop_back();
  }
}

TEST(PrincipalMap, GroupsCountInTheOrderInWhichRowsAreWritten) {
  auto map = map_of({by_group("admins", "first-{name}"), by_group("staff", "second-{name}")});
  EXPECT_EQ(user_of(map, login(1000, "marta", {"staff", "admins"})), "first-marta");
  EXPECT_EQ(user_of(map, login(1001, "otto", {"staff"})), "second-otto");
}

TEST(PrincipalMap, PrincipalCarriesWhatPoliciesJudgeBy) {
  auto map = map_of({by_uid(1000, "m.jones"), by_range(2000, 2999, "u{uid}-{name}"), by_uid(5000, "robot")});
  const auto marta = map.principal_of(login(1000, "marta", {"staff", "domain users"}));
  ASSERT_TRUE(marta);
  EXPECT_EQ(marta->uid, 1000U);
  EXPECT_EQ(marta->user, "m.jones");
  EXPECT_EQ(marta->login, "marta");
  EXPECT_EQ(*marta->groups, (std::vector<std::string>{"staff", "domain users"}));
  EXPECT_EQ(user_of(map, login(2000, "otto")), "u2000-otto");
  const auto robot = map.principal_of(no_login(5000));
  ASSERT_TRUE(robot) << "a uid without a login is somebody where a row says who";
  EXPECT_EQ(robot->user, "robot");
  EXPECT_EQ(robot->login, "");
  EXPECT_FALSE(robot->groups) << "unknown, not none: a rule that denies a group must not be passed by";
}

}  // namespace
}  // namespace broker::testing
