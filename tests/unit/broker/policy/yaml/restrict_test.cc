// Narrowing is written in one way, checked against STS's limits when it is loaded, and can never be wider than it
// reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/narrowing.h"
#include "refused_policy.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class RefusedRestrict : public ::testing::TestWithParam<Refused> {};
TEST_P(RefusedRestrict, AtItsPlaceWithANextStep) { expect_refused(GetParam()); }

std::string restricted(const std::string& line) { return rule_with_restrict("      " + line + "\n"); }
// Members of a session policy, in flow style.
std::string session(const std::string& members) { return restricted("session_policy: " + members); }
std::string statement(const std::string& members) {
  return session("{ Version: \"2012-10-17\", Statement: [" + members + "] }");
}
std::string tags(std::size_t count) {
  std::string out = "tags: ^{ k0: v";
  for (std::size_t i = 1; i < count; ++i) out += ", k" + std::to_string(i) + ": v";
  return out + " }";
}
std::string arns(std::size_t count) {
  std::string out = "managed_policies: ^[\"arn:aws:iam::aws:policy/P0\"";
  for (std::size_t i = 1; i < count; ++i) out += ", \"arn:aws:iam::aws:policy/P" + std::to_string(i) + "\"";
  return out + "]";
}

const Refused kKeys[] = {
    {"Empty",
     "version: \"1\"\nrules:\n  - name: r\n    effect: allow\n    conditions: { profiles: [p] }\n"
     "    restrict: ^{}\n",
     "\"restrict\" is empty", "leave the key out"},
    {"Nothing",
     "version: \"1\"\nrules:\n  - name: r\n    effect: allow\n    conditions: { profiles: [p] }\n"
     "    restrict:^\n",
     "\"restrict\" needs a mapping", "{ key: value }"},
    {"UnknownKey", restricted("^source_ip: [203.0.113.7]"), "unknown key \"source_ip\"; did you mean \"source_ips\"?",
     "nothing that is written here is ignored"},
    {"InADenyRule",
     "version: \"1\"\nrules:\n  - name: r\n    ^restrict: { hard_expiry: 2m }\n    effect: deny\n"
     "    conditions: { profiles: [p] }\n",
     "rule that denies", "take it out"},
    {"ManagedNotAnArn", restricted("managed_policies: [^ReadOnlyAccess]"), "\"ReadOnlyAccess\" is not the ARN of a managed",
     "arn:aws:iam::aws:policy/ReadOnlyAccess"},
    {"ManagedOfARole", restricted("managed_policies: [^\"arn:aws:iam::aws:role/x\"]"), "is not the ARN", "write for example"},
    {"ManagedOfNoPartition", restricted("managed_policies: [^\"arn:azure:iam::aws:policy/x\"]"), "is not the ARN", "write"},
    {"ManagedWithRegion", restricted("managed_policies: [^\"arn:aws:iam:us-east-1:aws:policy/x\"]"), "not the ARN", "write"},
    {"ManagedOfShortAccount", restricted("managed_policies: [^\"arn:aws:iam::12345678901:policy/x\"]"), "not the ARN", "w"},
    {"ManagedWithoutName", restricted("managed_policies: [^\"arn:aws:iam::aws:policy/\"]"), "not the ARN", "write"},
    {"ManagedWithStar", restricted("managed_policies: [^\"arn:aws:iam::aws:policy/*\"]"), "not the ARN", "write"},
    {"ManagedTwice", restricted("managed_policies: [\"arn:aws:iam::aws:policy/x\", ^\"arn:aws:iam::aws:policy/x\"]"),
     "listed twice", "once"},
    {"ManagedEleven", restricted(arns(11)), "there are 11 managed policies, and STS takes 10", "fewer"},
    {"NoAddress", restricted("source_ips: [^example.com]"), "\"example.com\" is not an IP address or network", "203.0.113.7"},
    {"AddressOutOfRange", restricted("source_ips: [^203.0.113.256]"), "is not an IP address", "203.0.113.7"},
    {"AddressShort", restricted("source_ips: [^10.1/16]"), "is not an IP address", "203.0.113.7"},
    {"AddressWithZone", restricted("source_ips: [^\"fe80::1%eth0\"]"), "is not an IP address", "203.0.113.7"},
    {"HostBits", restricted("source_ips: [^203.0.113.7/24]"), "did you mean \"203.0.113.0/24\"?", "first address"},
    {"HostBitsWithinAByte", restricted("source_ips: [^10.255.255.255/9]"), "did you mean \"10.128.0.0/9\"?", "first address"},
    {"HostBitsOfSix", restricted("source_ips: [^\"2001:db8::1/32\"]"), "did you mean \"2001:db8::/32\"?", "first address"},
    {"PrefixTooLong", restricted("source_ips: [^203.0.113.0/33]"), "no prefix length from 1 to 32", "203.0.113.0/24"},
    {"PrefixTooLongOfSix", restricted("source_ips: [^\"2001:db8::/129\"]"), "from 1 to 128", "2001:db8::/32"},
    {"PrefixMissing", restricted("source_ips: [^203.0.113.0/]"), "no prefix length", "203.0.113.0/24"},
    {"PrefixWithZero", restricted("source_ips: [^203.0.113.0/024]"), "no prefix length", "203.0.113.0/24"},
    {"PrefixNegative", restricted("source_ips: [^203.0.113.0/-1]"), "no prefix length", "203.0.113.0/24"},
    {"Everywhere", restricted("source_ips: [^0.0.0.0/0]"), "is every address there is", "write"},
    {"EverywhereOfSix", restricted("source_ips: [^\"::/0\"]"), "is every address there is", "write"},
    {"IpsEmpty", restricted("source_ips: ^[]"), "\"source_ips\" is an empty list", "leave the key out"},
    {"VpcShort", restricted("source_vpcs: [^vpc-0abc123]"), "\"vpc-0abc123\" is not the id of a VPC", "8 to 17 digits"},
    {"VpcLong", restricted("source_vpcs: [^vpc-0123456789abcdef01]"), "is not the id of a VPC", "8 to 17 digits"},
    {"VpcCapitals", restricted("source_vpcs: [^vpc-0ABC1234]"), "is not the id of a VPC", "8 to 17 digits"},
    {"VpcEndpoint", restricted("source_vpcs: [^vpce-0abc1234]"), "is not the id of a VPC", "8 to 17 digits"},
    {"TagsEmpty", restricted("tags: ^{}"), "\"tags\" is empty", "leave the key out"},
    {"TagsAList", restricted("tags: ^[team]"), "needs a mapping", "{ key: value }"},
    {"TagsFiftyOne", restricted(tags(51)), "there are 51 tags, and STS takes 50", "leave some out"},
    {"TagKeyLong", restricted("tags: { ^" + std::string(129, 'k') + ": v }"), "1 to 128 characters", "change"},
    {"TagKeyEmpty", restricted("tags: { ^\"\": v }"), "1 to 128 characters", "change"},
    {"TagKeyOfAws", restricted("tags: { ^\"AWS:team\": v }"), "starts with \"aws:\"", "another prefix"},
    {"TagKeyCharacter", restricted("tags: { ^\"te*am\": v }"), "a character that is refused", "letters, digits"},
    {"TagKeyTwice", restricted("tags: { team: a, ^Team: b }"), "\"Team\" stands here twice, case aside", "once"},
    {"TagValueLong", restricted("tags: { team: ^" + std::string(257, 'v') + " }"), "longer than 256 bytes", "shorten"},
    {"TagValueCharacter", restricted("tags: { team: ^\"a,b\" }"), "a character that is refused", "letters, digits"},
    {"TagValueIsNothing", restricted("tags: { team:^ ~ }"), "\"team\" needs a text", "one value"},
    {"TagValueIsAList", restricted("tags: { team: ^[a] }"), "\"team\" needs a text", "one value"},
    {"HardExpiryShort", restricted("hard_expiry: ^59s"), "\"59s\" is not from 1m to 12h", "for example 2m"},
    {"HardExpiryLong", restricted("hard_expiry: ^12h0m1s"), "\"12h0m1s\" is not from 1m to 12h", "for example 2m"},
    {"HardExpiryZero", restricted("hard_expiry: ^\"0\""), "is not from 1m to 12h", "for example 2m"},
    {"HardExpiryNegative", restricted("hard_expiry: ^-2m"), "is not from 1m to 12h", "for example 2m"},
    {"HardExpiryWithoutUnit", restricted("hard_expiry: ^120"), "unit", "for example 2m"},
};
INSTANTIATE_TEST_SUITE_P(Keys, RefusedRestrict, ::testing::ValuesIn(kKeys), refused_name);

const Refused kSessions[] = {
    {"SessionIsText", session("^\"{}\""), "needs a mapping", "{ key: value }"},
    {"StatementsEmpty", session("{ Version: \"2012-10-17\", Statement: ^[] }"), "\"Statement\" is an empty list",
     "leave"},
    {"VersionOld", session("{ Version: ^\"2008-10-17\", Statement: [] }"), "version \"2008-10-17\" is not supported",
     "2012-10-17"},
    {"VersionMissing", session("^{ Statement: { Effect: Allow, Action: \"*\", Resource: \"*\" } }"),
     "the key \"Version\" is missing", "add it"},
    {"StatementMissing", session("^{ Version: \"2012-10-17\" }"), "the key \"Statement\" is missing", "add it"},
    {"StatementsMisspelt", session("{ Version: \"2012-10-17\", ^Statements: [] }"), "did you mean \"Statement\"?", "c"},
    {"EffectMissing", statement("^{ Action: \"*\", Resource: \"*\" }"), "the key \"Effect\" is missing", "add it"},
    {"EffectSmall", statement("{ Effect: ^allow, Action: \"*\", Resource: \"*\" }"), "did you mean \"Allow\"?",
     "exactly so"},
    {"ActionMissing", statement("^{ Effect: Allow, Resource: \"*\" }"), "Action or NotAction", "which actions"},
    {"ActionBoth", statement("^{ Effect: Allow, Action: \"*\", NotAction: \"s3:*\", Resource: \"*\" }"),
     "Action or NotAction, and not both", "which actions"},
    {"ResourceMissing", statement("^{ Effect: Allow, Action: \"*\" }"), "Resource or NotResource", "which resources"},
    {"ResourceBoth", statement("^{ Effect: Allow, Action: \"*\", Resource: \"*\", NotResource: \"*\" }"),
     "Resource or NotResource, and not both", "which resources"},
    {"Principal", statement("{ Effect: Allow, ^Principal: \"*\", Action: \"*\", Resource: \"*\" }"),
     "\"Principal\" has no place in a session policy", "whoever gets"},
    {"NotPrincipal", statement("{ Effect: Allow, ^NotPrincipal: \"*\", Action: \"*\", Resource: \"*\" }"),
     "\"NotPrincipal\" has no place", "whoever gets"},
    {"ActionsMisspelt", statement("{ Effect: Allow, ^Actions: \"*\", Resource: \"*\" }"), "did you mean \"Action\"?",
     "correct"},
    {"ActionWithDot", statement("{ Effect: Allow, Action: ^s3.GetObject, Resource: \"*\" }"),
     "\"s3.GetObject\" is not an action", "s3:GetObject"},
    {"ActionOfAService", statement("{ Effect: Allow, Action: [\"s3:*\", ^s3], Resource: \"*\" }"), "is not an action",
     "s3:GetObject"},
    {"ActionsEmpty", statement("{ Effect: Allow, Action: ^[], Resource: \"*\" }"), "is an empty list", "leave"},
    {"ResourceIsAName", statement("{ Effect: Allow, Action: \"*\", Resource: ^my-bucket }"),
     "\"my-bucket\" is not a resource", "write an ARN"},
    {"SidWithDash", statement("{ Sid: ^a-b, Effect: Allow, Action: \"*\", Resource: \"*\" }"),
     "\"a-b\" has a character", "letters and digits"},
    {"SidOfOurs", statement("{ Sid: ^SentinelAllow, Effect: Allow, Action: \"*\", Resource: \"*\" }"),
     "like those of our own", "another word"},
    {"SidTwice",
     statement("{ Sid: A, Effect: Allow, Action: \"*\", Resource: \"*\" }, "
               "{ Sid: ^A, Effect: Allow, Action: \"*\", Resource: \"*\" }"),
     "\"A\" stands in two statements", "its own"},
    {"ConditionEmpty", statement("{ Effect: Allow, Action: \"*\", Resource: \"*\", Condition: ^{} }"),
     "\"Condition\" is empty", "leave it out"},
    {"OperatorMisspelt",
     statement("{ Effect: Allow, Action: \"*\", Resource: \"*\", Condition: { ^StringEqual: { \"aws:x\": y } } }"),
     "unknown condition operator \"StringEqual\"; did you mean \"StringEquals\"?", "exactly so"},
    {"OperatorNullIfExists",
     statement("{ Effect: Allow, Action: \"*\", Resource: \"*\", Condition: { ^NullIfExists: { \"aws:x\": y } } }"),
     "unknown condition operator \"NullIfExists\"", "exactly so"},
    {"OperatorEmpty", statement("{ Effect: Allow, Action: \"*\", Resource: \"*\", Condition: { Bool: ^{} } }"),
     "\"Bool\" is empty", "name a key"},
    {"ConditionKey",
     statement("{ Effect: Allow, Action: \"*\", Resource: \"*\", Condition: { Bool: { ^SecureTransport: true } } }"),
     "\"SecureTransport\" is not a condition key", "aws:SourceIp"},
    {"ConditionValueIsAMapping",
     statement("{ Effect: Allow, Action: \"*\", Resource: \"*\", Condition: { Bool: { \"aws:x\": ^{ a: b } } } }"),
     "needs a text", "one value"},
    {"ValueNotAscii", statement("{ Effect: Allow, Action: \"*\", Resource: ^\"arn:aws:s3:::gr\xC3\xBCn\" }"),
     "a character that is not ASCII", "ASCII"},
};
INSTANTIATE_TEST_SUITE_P(Sessions, RefusedRestrict, ::testing::ValuesIn(kSessions), refused_name);

TEST(Restrict, ASessionPolicyThatAllowsNothingUnlessAManagedOneDoes) {
  const std::string deny =
      "session_policy: ^{ Version: \"2012-10-17\", Statement: "
      "{ Effect: Deny, Action: \"iam:*\", Resource: \"*\" } }\n";
  expect_refused({"", rule_with_restrict("      " + deny), "allows nothing", "Effect: Allow"});
  std::string beside = rule_with_restrict("      " + deny + "      managed_policies: [arn:aws:iam::aws:policy/X]\n");
  beside.erase(beside.find('^'), 1);
  EXPECT_TRUE(load_policy(beside, "s"));
}

// ---- what remains is read

const Narrowing& narrowing_of(const ipc::Result<Policy>& policy) { return *policy->rules.at(0).narrowing; }

TEST(Restrict, EveryKeyIsRead) {
  const auto policy = load_policy(
      rule_with_restrict("      managed_policies: [arn:aws:iam::aws:policy/ReadOnlyAccess, "
                         "\"arn:aws-cn:iam::123456789012:policy/a/b/C+=,.@-_\"]\n"
                         "      source_ips: [203.0.113.0/24, 203.0.113.7, 10.0.0.0/8, \"2001:db8::/32\", \"::1\"]\n"
                         "      source_vpcs: [vpc-0abc1234, vpc-0123456789abcdef0]\n"
                         "      tags: { team: ledger, \"cost center\": \"a_b.c:d/e=f+g-h@i\", empty: \"\" }\n"
                         "      hard_expiry: 2m\n",
                         "require_server"),
      "s");
  ASSERT_TRUE(policy) << policy.error().what;
  const Narrowing& read = narrowing_of(policy);
  EXPECT_EQ(read.session_policy, "");
  EXPECT_EQ(read.managed_policies.size(), 2u);
  EXPECT_THAT(read.source_ips, ElementsAre("203.0.113.0/24", "203.0.113.7", "10.0.0.0/8", "2001:db8::/32", "::1"));
  EXPECT_THAT(read.source_vpcs, ElementsAre("vpc-0abc1234", "vpc-0123456789abcdef0"));
  EXPECT_THAT(read.tags,
              ElementsAre(Pair("team", "ledger"), Pair("cost center", "a_b.c:d/e=f+g-h@i"), Pair("empty", "")));
  EXPECT_EQ(read.hard_expiry, 120s);
}

TEST(Restrict, TheLimitsThemselvesAreAllowed) {
  for (std::string text : {restricted(tags(50)), restricted(arns(10)), restricted("hard_expiry: ^1m"), restricted("hard_expiry: ^12h"),
                           restricted("tags: { ^" + std::string(128, 'k') + ": " + std::string(256, 'v') + " }")}) {
    text.erase(text.find('^'), 1);
    const auto policy = load_policy(text, "s");
    EXPECT_TRUE(policy) << policy.error().what;
  }
}

TEST(Restrict, ARuleWithoutItNarrowsNothing) {
  const auto policy = load_policy(rule_with_conditions("      profiles: [p]\n"), "s");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->rules[0].narrowing, nullptr);
}

TEST(Restrict, ASessionPolicyBecomesCompactJsonInItsOwnOrder) {
  const auto policy = load_policy(
      rule_with_restrict("      session_policy:\n"
                         "        Statement:\n"
                         "          - Resource: [\"arn:aws:s3:::a/*\", arn:aws:s3:::b]\n"
                         "            Action: s3:Get*\n"
                         "            Effect: Allow\n"
                         "            Sid: Read1\n"
                         "          - Effect: Deny\n"
                         "            NotAction: [\"s3:*\"]\n"
                         "            NotResource: \"*\"\n"
                         "            Condition:\n"
                         "              BoolIfExists: { \"aws:SecureTransport\": false }\n"
                         "              \"ForAllValues:StringLike\": { \"aws:TagKeys\": [\"a\\\"b\", \"\"] }\n"
                         "              NumericLessThan: { \"aws:MultiFactorAuthAge\": 3600 }\n"
                         "        Version: 2012-10-17\n"),
      "s");
  ASSERT_TRUE(policy) << policy.error().what;
  EXPECT_EQ(narrowing_of(policy).session_policy,
            R"({"Version":"2012-10-17","Statement":[)"
            R"({"Resource":["arn:aws:s3:::a/*","arn:aws:s3:::b"],"Action":"s3:Get*","Effect":"Allow","Sid":"Read1"},)"
            R"({"Effect":"Deny","NotAction":["s3:*"],"NotResource":"*","Condition":{)"
            R"("BoolIfExists":{"aws:SecureTransport":"false"},)"
            R"("ForAllValues:StringLike":{"aws:TagKeys":["a\"b",""]},)"
            R"("NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}}]})");
}

TEST(Restrict, ASingleStatementNeedsNoList) {
  const auto policy =
      load_policy(session("{ \"Version\": \"2012-10-17\", \"Statement\": { \"Effect\": \"Allow\", \"Action\": \"*\", "
                          "\"Resource\": \"*\" } }"),
                  "s");
  ASSERT_TRUE(policy) << policy.error().what;
  EXPECT_EQ(narrowing_of(policy).session_policy,
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})");
}

// ---- STS's 2,048 characters

std::string sized(std::size_t resource, const std::string& more) {
  return rule_with_restrict(
      "      session_policy: { Version: \"2012-10-17\", Statement: { Effect: Allow, Action: "
      "\"*\", Resource: \"arn:" +
      std::string(resource, 'x') + "\" } }\n" + more);
}

TEST(RestrictSize, TheLastCharacterThatFitsIsAllowedAndTheNextIsRefused) {
  for (const std::string more : {"", "      hard_expiry: 2m\n", "      source_ips: [203.0.113.7]\n",
                                 "      source_vpcs: [vpc-0abc1234]\n      hard_expiry: 12h\n",
                                 "      managed_policies: [arn:aws:iam::aws:policy/ReadOnlyAccess]\n"}) {
    const auto small = load_policy(sized(1, more), "s");
    ASSERT_TRUE(small) << small.error().what;
    const std::size_t most = 1 + 2048 - session_policy_size(narrowing_of(small));
    const auto full = load_policy(sized(most, more), "s");
    ASSERT_TRUE(full) << full.error().what;
    EXPECT_EQ(session_policy_size(narrowing_of(full)), 2048u);
    const auto over = load_policy(sized(most + 1, more), "team.yaml");
    ASSERT_FALSE(over) << more;
    EXPECT_THAT(over.error().what, HasSubstr("team.yaml:7:7: rule \"r\": "));
    EXPECT_THAT(over.error().what, HasSubstr("has 2049 characters, and 2048 are allowed"));
    EXPECT_THAT(over.error().next_step, HasSubstr("managed policy"));
  }
}

TEST(RestrictSize, TheFigureIsThatOfTheDocumentAsItIsSent) {
  const auto policy = load_policy(sized(100, "      hard_expiry: 2m\n      source_ips: [203.0.113.7]\n"), "s");
  ASSERT_TRUE(policy) << policy.error().what;
  const auto end = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + 23h + 59min + 59s;
  EXPECT_EQ(session_policy_document(narrowing_of(policy), end).size(), session_policy_size(narrowing_of(policy)));
}

// ---- durations

TEST(RuleDuration, TheCapOfEveryModeIsReadLikeThatOfServerMode) {
  const std::string head = "version: \"1\"\nrules:\n  - name: r\n    effect: allow\n    conditions: { users: [u] }\n";
  const auto policy = load_policy(head + "    max_duration: 1h\n    max_server_duration: 20m\n", "s");
  ASSERT_TRUE(policy) << policy.error().what;
  EXPECT_EQ(policy->rules[0].max_duration, 3600s);
  EXPECT_EQ(policy->rules[0].max_server_duration, 1200s);
  EXPECT_FALSE(load_policy(head, "s")->rules[0].max_duration);
  EXPECT_FALSE(load_policy(head + "    max_duration: \"0\"\n", "s")->rules[0].max_duration);
  for (const char* bad : {"^20", "^0", "^-5m", "^1d", "^999ms", "^\"\"", "^[1h]"}) {
    expect_refused({"", head + "    max_duration: " + bad + "\n", "", ""});
  }
}

}  // namespace
}  // namespace broker
