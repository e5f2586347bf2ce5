// Every mistake of a policy at once: none is left out, none is told that only follows from another, and no number of
// them is more than people can read.
#include "yaml/mistakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/yaml/load.h"

namespace broker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<std::string> mistakes(const std::string& text) {
  const Read<Policy> policy = read_policy(text, "p");
  std::vector<std::string> out;
  if (policy) return out;
  for (const ipc::Error& each : policy.error().told()) out.push_back(each.what);
  return out;
}

TEST(Mistakes, OfSeveralRulesAndOfOneAreAllTold) {
  EXPECT_THAT(
      mistakes("version: \"1\"\n"
               "rules:\n"
               "  - name: a\n"
               "    effect: alow\n"
               "    max_duration: 5\n"
               "    conditions: { profiles: [], users: [\"a b\", ok, \"c d\"], time: { days: [mon, tuesday, tue] } }\n"
               "  - name: b\n"
               "    effect: deny\n"
               "    colour: red\n"
               "    conditions: { mode: [server], accounts: [\"1\", \"2\"] }\n"
               "  - effect: allow\n"
               "    conditions: { profiles: [p] }\n"
               "  - name: b\n"
               "    effect: allow\n"
               "    conditions: { profiles: [p] }\n"),
      ElementsAre(StartsWith("p:4:13: rule \"a\": unknown effect \"alow\""), StartsWith("p:5:19: rule \"a\": "),
                  HasSubstr("\"profiles\" is an empty list"), HasSubstr("\"a b\" cannot be the name of a user"),
                  HasSubstr("\"c d\" cannot be the name of a user"), HasSubstr("\"mon\""), HasSubstr("\"tue\""),
                  HasSubstr("unknown key \"colour\""), HasSubstr("\"1\" is not an account id"),
                  HasSubstr("\"2\" is not an account id"), StartsWith("p:11:5: rule 3: the key \"name\" is missing"),
                  HasSubstr("another rule of this name starts in line 7")));
}

TEST(Mistakes, WhatFollowsFromAnotherIsNotTold) {
  // The key that is missing is the one that is misspelt.
  EXPECT_THAT(mistakes("version: 1\nrules:\n  - name: a\n    efect: deny\n    conditions: { profiles: [p] }\n"),
              ElementsAre(HasSubstr("unknown key \"efect\"")));
  // The rule does name a subject, wrongly.
  EXPECT_THAT(mistakes("version: 1\nrules:\n  - name: a\n    effect: deny\n    conditions: { profile: [p] }\n"),
              ElementsAre(HasSubstr("unknown key \"profile\"")));
  EXPECT_THAT(mistakes("version: 1\nrules:\n  - name: a\n    effect: deny\n    conditions: { users: [] }\n"),
              ElementsAre(HasSubstr("\"users\" is an empty list")));
  // An effect that cannot be read is not taken for the one that may not restrict.
  EXPECT_THAT(mistakes("version: 1\nrules:\n  - name: a\n    effect: no\n    conditions: { users: [u] }\n"
                       "    restrict: { hard_expiry: 2m }\n"),
              ElementsAre(HasSubstr("unknown effect")));
  // Another version explains every other difference.
  EXPECT_THAT(mistakes("version: 2\nrules: 3\n"), ElementsAre(HasSubstr("version \"2\" is not supported")));
}

TEST(Mistakes, WhatTwoKeysDemandOfEachOtherIsToldBesideAThird) {
  EXPECT_THAT(
      mistakes("version: 1\nrules:\n  - name: a\n    effect: deny\n    max_duration: -1h\n"
               "    conditions: { users: [u], mode: [cli], transport: [unix], groups: [\"7\"] }\n"
               "    restrict: { hard_expiry: 2m }\n"),
      ElementsAre(HasSubstr("negative"), HasSubstr("\"7\" is not a name of a Unix group"),
                  HasSubstr("\"transport\" can only hold"), HasSubstr("\"restrict\" stands in a rule that denies")));
}

TEST(Mistakes, OfAStatementAreAllTold) {
  EXPECT_THAT(
      mistakes(
          "version: 1\nrules:\n  - name: a\n    effect: allow\n    conditions: { users: [u] }\n    restrict:\n"
          "      session_policy:\n        Version: \"2008-10-17\"\n        Statement:\n"
          "          - { Effect: Allow, Principal: \"*\", Action: [s3, \"s3:Get\"], Resource: bucket }\n"
          "          - { Effect: Allow, Resource: \"*\", Condition: { Boool: { \"aws:a\": true }, Bool: { b: 1 } } }\n"
          "      source_ips: [nowhere, 10.0.0.0/8, elsewhere]\n"
          "      tags: { \"aws:a\": \"<\", b: \">\" }\n"),
      ElementsAre(HasSubstr("2008-10-17"), HasSubstr("\"Principal\" has no place"),
                  HasSubstr("\"s3\" is not an action"), HasSubstr("\"bucket\" is not a resource"),
                  HasSubstr("unknown condition operator \"Boool\""), HasSubstr("\"b\" is not a condition key"),
                  HasSubstr("needs Action or NotAction"), HasSubstr("\"nowhere\""), HasSubstr("\"elsewhere\""),
                  HasSubstr("\"aws:a\""), HasSubstr("\"<\""), HasSubstr("\">\"")));
}

TEST(Mistakes, OfTheYamlItselfDoNotHideTheOthers) {
  EXPECT_THAT(mistakes("version: 1\nrules:\n  - &rule\n    name: a\n    name: b\n    effect: !!str alow\n"
                       "    reason: \"\\e[2J\"\n    conditions: *rule\n    colour: red\n"),
              ElementsAre(HasSubstr("anchors (&name) are not allowed"), HasSubstr("\"name\" stands here twice"),
                          HasSubstr("tags (!name) are not allowed"), HasSubstr("the text contains"),
                          HasSubstr("aliases (*name) are not allowed"), HasSubstr("unknown key \"colour\"")));
  // What alone is wrong with it refuses the policy, too.
  EXPECT_THAT(
      mistakes("version: 1\nversion: 1\nrules:\n  - &a { name: a, effect: deny, conditions: { users: [u] } }\n"),
      ElementsAre(HasSubstr("\"version\" stands here twice"), HasSubstr("anchors")));
}

TEST(Mistakes, MoreThanPeopleReadAreCounted) {
  std::string text = "version: 1\nrules:\n";
  for (int i = 0; i < 1000; ++i)
    text += "  - { name: r" + std::to_string(i) + ", effect: maybe, conditions: { users: [u] } }\n";
  const Read<Policy> policy = read_policy(text, "p");
  ASSERT_FALSE(policy);
  EXPECT_THAT(policy.error().told(), SizeIs(Mistakes::kMostTold));
  EXPECT_EQ(1000 - Mistakes::kMostTold, policy.error().more());
  EXPECT_EQ(load_policy(text, "p").error().what, policy.error().told().front().what);
}

TEST(Mistakes, ARefusalWithoutAReasonIsStillOne) { EXPECT_NE("", Mistakes().first().what); }

}  // namespace
}  // namespace broker
