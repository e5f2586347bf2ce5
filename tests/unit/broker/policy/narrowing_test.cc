// What AWS is told can only take away, says so within its limits, and is never told to a profile that has no role.
#include "policy/narrowing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <json/json.h>

#include <memory>
#include <set>
#include <sstream>

namespace broker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::chrono::sys_seconds kEnd = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 13h + 5min + 9s;
constexpr char kOwn[] =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]})";

Json::Value parsed(const std::string& text) {
  Json::Value root;
  std::istringstream in(text);
  std::string errors;
  EXPECT_TRUE(Json::parseFromStream(Json::CharReaderBuilder(), in, &root, &errors)) << errors << text;
  return root;
}

Json::Value statements(const Narrowing& narrowing, std::optional<std::chrono::sys_seconds> end = {}) {
  const Json::Value root = parsed(session_policy_document(narrowing, end));
  EXPECT_EQ(root["Version"].asString(), "2012-10-17");
  return root["Statement"];
}

bool allows_everything(const Json::Value& statement) {
  return statement["Effect"] == "Allow" && statement["Action"] == "*" && statement["Resource"] == "*";
}

TEST(Narrowing, NothingToSayIsNoDocument) {
  Narrowing narrowing;
  EXPECT_EQ(session_policy_document(narrowing, {}), "");
  narrowing.tags = {{"team", "ledger"}};
  EXPECT_EQ(session_policy_document(narrowing, {}), "");
  narrowing.managed_policies = {"arn:aws:iam::aws:policy/ReadOnlyAccess"};
  EXPECT_EQ(session_policy_document(narrowing, {}), "") << "the ARNs are a parameter of their own";
}

TEST(Narrowing, ADocumentOfAnotherFormDeniesEverything) {
  for (const char* odd : {"{}", "x", R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})",
                          R"({"Version":"2012-10-17","Statement":[]})"}) {
    Narrowing narrowing;
    narrowing.session_policy = odd;
    const Json::Value made = statements(narrowing, kEnd);
    ASSERT_EQ(made.size(), 2u) << odd;
    EXPECT_EQ(made[0]["Effect"], "Deny");
    EXPECT_FALSE(made[0].isMember("Condition"));
  }
}

TEST(Narrowing, AnAllowOfOursComesOnlyWhereNothingElseAllows) {
  Narrowing alone;
  alone.hard_expiry = 2min;
  ASSERT_EQ(statements(alone, kEnd).size(), 2u);
  EXPECT_TRUE(allows_everything(statements(alone, kEnd)[0])) << "an intersection without Allow is nothing";

  Narrowing managed = alone;
  managed.managed_policies = {"arn:aws:iam::aws:policy/ReadOnlyAccess"};
  managed.source_ips = {"203.0.113.0/24"};
  const Json::Value beside = statements(managed, kEnd);
  ASSERT_EQ(beside.size(), 2u);
  for (const Json::Value& statement : beside) EXPECT_EQ(statement["Effect"], "Deny") << "Allow * would undo the ARNs";

  Narrowing own = alone;
  own.session_policy = kOwn;
  const Json::Value after = statements(own, kEnd);
  ASSERT_EQ(after.size(), 2u);
  EXPECT_EQ(after[0]["Action"], "s3:Get*");
  EXPECT_EQ(after[1]["Effect"], "Deny");
}

TEST(Narrowing, TheRulesOwnDocumentIsSentAsItStands) {
  Narrowing narrowing;
  narrowing.session_policy = kOwn;
  EXPECT_EQ(session_policy_document(narrowing, {}), kOwn);
}

TEST(Narrowing, TheHardEndDeniesEverythingAfterThatSecond) {
  Narrowing narrowing;
  narrowing.hard_expiry = 2min;
  const Json::Value end = statements(narrowing, kEnd)[1];
  EXPECT_EQ(end["Sid"], "SentinelHardEnd");
  EXPECT_EQ(end["Effect"], "Deny");
  EXPECT_EQ(end["Action"], "*");
  EXPECT_EQ(end["Resource"], "*");
  EXPECT_EQ(end["Condition"]["DateGreaterThan"]["aws:CurrentTime"], "2026-11-21T13:05:09Z");
  EXPECT_EQ(end["Condition"].size(), 1u) << "another condition could keep it from holding";
}

TEST(Narrowing, NetworksAndVpcsAreOneStatementSoThatEitherIsEnough) {
  Narrowing narrowing;
  narrowing.source_ips = {"203.0.113.0/24", "2001:db8::/32"};
  narrowing.source_vpcs = {"vpc-0abc1234"};
  const Json::Value made = statements(narrowing);
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[1]["Sid"], "SentinelSource");
  EXPECT_EQ(made[1]["Effect"], "Deny");
  const Json::Value& condition = made[1]["Condition"];
  EXPECT_EQ(condition["NotIpAddress"]["aws:SourceIp"][1], "2001:db8::/32");
  EXPECT_EQ(condition["StringNotEquals"]["aws:SourceVpc"][0], "vpc-0abc1234");
  EXPECT_EQ(condition["BoolIfExists"]["aws:ViaAWSService"], "false") << "services that send no such key are denied";
  EXPECT_EQ(condition.size(), 3u);
}

TEST(Narrowing, OneKindOfSourceAloneDeniesTheOther) {
  Narrowing networks, vpcs;
  networks.source_ips = {"203.0.113.7"};
  vpcs.source_vpcs = {"vpc-0abc1234"};
  EXPECT_FALSE(statements(networks)[1]["Condition"].isMember("StringNotEquals"));
  EXPECT_FALSE(statements(vpcs)[1]["Condition"].isMember("NotIpAddress"));
}

TEST(Narrowing, TheSizeIsThatOfTheDocumentWithItsEndAndTheArns) {
  Narrowing narrowing;
  EXPECT_EQ(session_policy_size(narrowing), 0u);
  narrowing.managed_policies = {"arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"};
  EXPECT_EQ(session_policy_size(narrowing), 50u);
  narrowing.source_vpcs = {"vpc-0abc1234"};
  narrowing.hard_expiry = 2min;
  EXPECT_EQ(session_policy_size(narrowing), 50u + session_policy_document(narrowing, kEnd).size());
}

// ---- which profiles a rule would have to narrow

Policy restricting(const Conditions& conditions) {
  Policy policy;
  policy.source = "team.yaml";
  Rule free, narrow;
  free.name = "free", free.line = 3;
  narrow.name = "narrow", narrow.line = 9;
  narrow.conditions = conditions;
  Narrowing narrowing;
  narrowing.hard_expiry = 2min;
  narrow.narrowing = std::make_shared<const Narrowing>(narrowing);
  policy.rules = {free, narrow};
  return policy;
}

TEST(ProfileWithoutRole, IsRefusedWhereARuleThatRestrictsCanMatchIt) {
  Conditions listed, globbed, anyone, spared;
  listed.profiles = {"other", "ledger-prod"};
  globbed.profiles = {{"ledger-*", true}};
  spared.not_profiles = {"somebody-else"};
  for (const Conditions& conditions : {listed, globbed, anyone, spared}) {
    const auto status = check_profile_can_be_narrowed(restricting(conditions), "ledger-prod", false);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().fault, ipc::Fault::kConfig);
    EXPECT_THAT(status.error().what, StartsWith("team.yaml:9: rule \"narrow\": "));
    EXPECT_THAT(status.error().what, HasSubstr("\"ledger-prod\", which has no role"));
    EXPECT_THAT(status.error().next_step, HasSubstr("role_arn"));
    EXPECT_TRUE(check_profile_can_be_narrowed(restricting(conditions), "ledger-prod", true));
  }
}

TEST(ProfileWithoutRole, IsNoMatterWhereNoSuchRuleCanMatchIt) {
  Conditions others, spared, excluded_by_glob, not_a_glob;
  others.profiles = {"other", {"ledger-?", true}};
  spared.not_profiles = {"ledger-prod"};
  excluded_by_glob.profiles = {"ledger-prod"};
  excluded_by_glob.not_profiles = {{"*-prod", true}};
  not_a_glob.profiles = {"ledger-*"};
  for (const Conditions& conditions : {others, spared, excluded_by_glob, not_a_glob}) {
    EXPECT_TRUE(check_profile_can_be_narrowed(restricting(conditions), "ledger-prod", false));
  }
}

// A role that is assumed with a web identity: narrowed like any other, but tags are the token's to set.
TEST(ProfileThatTakesNoTags, IsRefusedWhereARuleThatSetsTagsCanMatchIt) {
  Policy policy = restricting({});
  EXPECT_TRUE(check_profile_can_be_narrowed(policy, "api", true, false));
  Narrowing tagged;
  tagged.tags = {{"team", "ledger"}};
  policy.rules.back().narrowing = std::make_shared<const Narrowing>(tagged);
  const auto status = check_profile_can_be_narrowed(policy, "api", true, false);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().what, StartsWith("team.yaml:9: rule \"narrow\": it sets tags"));
  EXPECT_THAT(status.error().what, HasSubstr("web identity"));
  EXPECT_THAT(status.error().next_step, HasSubstr("further role"));
  EXPECT_TRUE(check_profile_can_be_narrowed(policy, "api", true, true));
  policy.rules.back().conditions.profiles = {"other"};
  EXPECT_TRUE(check_profile_can_be_narrowed(policy, "api", true, false));
}

}  // namespace
}  // namespace broker
