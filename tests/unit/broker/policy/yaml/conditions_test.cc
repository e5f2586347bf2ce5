// Whom a rule means can be said in one way only: no accidental globs, no half account ids, no window that never opens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "refused_policy.h"

namespace broker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RefusedCondition : public ::testing::TestWithParam<Refused> {};
TEST_P(RefusedCondition, AtItsPlaceWithANextStep) { expect_refused(GetParam()); }

std::string with(const std::string& line) { return rule_with_conditions("      " + line + "\n"); }
std::string listed(std::size_t count) {
  std::string out = "profiles: ^[p0";
  for (std::size_t i = 1; i < count; ++i) out += ", p" + std::to_string(i);
  return out + "]";
}

const Refused kRefused[] = {
    {"StarInAPlainName", with("profiles: [a, ^ledger-*]"), "\"ledger-*\" has a * or ?", "write { glob: \"ledger-*\" }"},
    {"QuestionMarkInAPlainUser", with("users: [^\"mart?\"]"), "\"mart?\" has a * or ?", "write { glob: \"mart?\" }"},
    {"StarAlone", with("not_users: [^\"*\"]"), "\"*\" has a * or ?", "write { glob: \"*\" }"},
    {"GlobWithoutWildcard", with("profiles: [^{ glob: ledger }]"), "\"ledger\" has no * or ?",
     "write the name without"},
    {"GlobMisspelt", with("profiles: [{ ^globb: \"a*\" }]"), "unknown key \"globb\"; did you mean \"glob\"?",
     "correct"},
    {"GlobIsNothing", with("profiles: [^{}]"), "the key \"glob\" is missing", "add it"},
    {"GlobIsAList", with("profiles: [{ glob: ^[\"a*\"] }]"), "\"glob\" needs a text, and has a list", "one value"},
    {"GlobTooLong", with("profiles: [{ glob: ^\"" + std::string(256, 'a') + "*\" }]"), "longer than 256 bytes",
     "shorten"},
    {"GlobTwice", with("profiles: [{ glob: \"a*\" }, ^{ glob: \"a*\" }]"), "\"a*\" is listed twice", "once"},
    {"NameTwice", with("not_profiles: [a, b, ^a]"), "\"a\" is listed twice", "once"},
    {"ForgottenDash", with("profiles:\n        - a\n        - ^b\n          c"), "\"b c\" goes over more than one line",
     "behind a dash"},
    {"UserInCyrillic", with("users: [marta, ^\"m\xD0\xB0rta\"]"), "cannot be the name of a user", "typed anew"},
    {"UserWithBlank", with("not_users: [^\"marta otto\"]"), "\"marta otto\" cannot be the name of a user", "IAM"},
    {"UserGlobInGreek", with("users: [^{ glob: \"\xCE\xBF*\" }]"), "cannot be the name of a user", "typed anew"},
    {"UserTooLong", with("users: [^" + std::string(65, 'u') + "]"), "cannot be the name of a user", "at most 64"},
    {"NotProfilesEmpty", with("not_profiles: ^[]"), "\"not_profiles\" is an empty list", "leave the key out"},
    {"NotUserMisspelt", with("^not_user: [a]"), "unknown key \"not_user\"; did you mean \"not_users\"?", "correct"},
    {"TooManyNames", with(listed(1001)), "\"profiles\" has more than 1000 entries", "glob"},
    {"ArnWithoutStart", with("arns: [^\"aws:iam::123456789012:user/marta\"]"), "starts with \"arn:\"",
     "get-caller-identity"},
    {"ArnGlobWithoutStart", with("arns: [^{ glob: \"*:user/marta\" }]"), "\"*:user/marta\" is not an ARN",
     "get-caller-identity"},
    {"ArnWithPlainStar", with("arns: [^\"arn:aws:iam::123456789012:user/*\"]"), "has a * or ?", "{ glob:"},
    {"AccountOfElevenDigits", with("accounts: [^12345678901]"), "\"12345678901\" is not an account id",
     "leading zeros"},
    {"AccountOfThirteenDigits", with("accounts: [^\"1234567890123\"]"), "exactly 12 digits", "leading zeros"},
    {"AccountWithDashes", with("accounts: [^1234-5678-9012]"), "exactly 12 digits", "without dashes"},
    {"AccountTwice", with("accounts: [\"123456789012\", ^123456789012]"), "listed twice", "once"},
    {"AccountGlob", with("accounts: [^{ glob: \"1234*\" }]"), "needs a text, and has a mapping", "one value"},
    {"GroupIsANumber", with("groups: [^27]"), "\"27\" is not a name of a Unix group", "not a number"},
    {"GroupWithBlank", with("groups: [^\"domain users\"]"), "is not a name of a Unix group", "id -Gn"},
    {"GroupWithDashFirst", with("groups: [^-wheel]"), "is not a name of a Unix group", "id -Gn"},
    {"GroupOfThirtyThree", with("groups: [^" + std::string(33, 'g') + "]"), "is not a name", "at most 32"},
    {"TransportMisspelt", with("profiles: [p]\n      transport: [^unixx]"), "did you mean \"unix\"?", "exactly so"},
    {"TransportEmpty", with("profiles: [p]\n      transport: ^[]"), "\"transport\" is an empty list", "leave"},
    {"TransportTwice", with("profiles: [p]\n      transport: [tcp, ^tcp]"), "listed twice", "once"},
    {"TransportWithoutServerMode", with("profiles: [p]\n      mode: [cli]\n      ^transport: [unix]"),
     "only hold in mode server", "add server to mode"},
    {"TransportAlone", with("^transport: [unix]"), "name no profiles, users or time", "name at least one"},
    {"OvernightMissing", with("time: { hours: ^{ start: \"22:00\", end: \"06:00\" } }"), "hours end before they start",
     "add overnight: true"},
    {"OvernightForOneDay", with("time: { hours: ^{ start: \"09:00\", end: \"17:00\", overnight: true } }"),
     "overnight and yet end", "take overnight: true away"},
    {"OvernightToTwentyFour", with("time: { hours: ^{ start: \"22:00\", end: \"24:00\", overnight: true } }"),
     "overnight and yet end", "take overnight: true away"},
    {"OvernightOfNoLength", with("time: { hours: ^{ start: \"22:00\", end: \"22:00\", overnight: true } }"), "never",
     "one hour"},
    {"OvernightQuoted", with("time: { hours: { start: \"22:00\", end: \"06:00\", overnight: ^\"true\" } }"),
     "must be true or false", "without quotes"},
};
INSTANTIATE_TEST_SUITE_P(Keys, RefusedCondition, ::testing::ValuesIn(kRefused), refused_name);

TEST(PolicyConditions, EveryNewKeyIsRead) {
  const auto policy = load_policy(rule_with_conditions("      profiles: [ledger-prod, { glob: \"ledger-*\" }]\n"
                                                       "      not_profiles: [{ glob: \"*-dr\" }]\n"
                                                       "      users: [marta]\n"
                                                       "      not_users: [otto, { glob: \"bot-?\" }]\n"
                                                       "      arns: [{ glob: \"arn:aws:iam::*:user/marta\" }]\n"
                                                       "      accounts: [\"012345678901\", 098765432109]\n"
                                                       "      groups: [wheel, Ops_2.x-y]\n"
                                                       "      mode: [server, cli]\n"
                                                       "      transport: [unix]\n"),
                                  "s");
  ASSERT_TRUE(policy) << policy.error().what;
  const Conditions& read = policy->rules[0].conditions;
  EXPECT_THAT(read.profiles, ElementsAre(NamePattern("ledger-prod"), NamePattern("ledger-*", true)));
  EXPECT_THAT(read.not_profiles, ElementsAre(NamePattern("*-dr", true)));
  EXPECT_THAT(read.not_users, ElementsAre(NamePattern("otto"), NamePattern("bot-?", true)));
  EXPECT_THAT(read.arns, ElementsAre(NamePattern("arn:aws:iam::*:user/marta", true)));
  EXPECT_THAT(read.accounts, ElementsAre("012345678901", "098765432109"));
  EXPECT_THAT(read.groups, ElementsAre("wheel", "Ops_2.x-y"));
  EXPECT_EQ(read.transports, Vias("01"));
  EXPECT_EQ(read.modes, Modes("011")) << "with one transport the modes stay as written";
}

TEST(PolicyConditions, EachSubjectAloneIsEnoughAndNothingElseIs) {
  for (const char* subject :
       {"profiles: [p]", "not_profiles: [p]", "users: [u]", "not_users: [u]",
        "arns: [\"arn:aws:iam::123456789012:root\"]", "accounts: [\"123456789012\"]", "groups: [wheel]", "time: {}"}) {
    EXPECT_TRUE(load_policy(with(subject), "s")) << subject;
  }
  for (const char* other : {"mode: [server]", "transport: [tcp]", "device: { require_mdm: true }"}) {
    const auto policy = load_policy(with(other), "s");
    ASSERT_FALSE(policy) << other;
    EXPECT_THAT(policy.error().what, HasSubstr("for everyone"));
  }
}

TEST(PolicyConditions, ANameMayHaveBlanksOrSignsWhereItIsOneLine) {
  const auto policy =
      load_policy(with("profiles: [two words, \"\xC3\xA9t\xC3\xA9\"]\n      users: [\"a_b+c=d,e.f@g-H9\"]"), "s");
  ASSERT_TRUE(policy) << policy.error().what;
  EXPECT_THAT(policy->rules[0].conditions.profiles,
              ElementsAre(NamePattern("two words"), NamePattern("\xC3\xA9t\xC3\xA9")));
}

TEST(PolicyConditions, AListOfAllTransportsIsNotAnEmptyOne) {
  const auto named = load_policy(with("profiles: [p]\n      transport: [unix, tcp]"), "s");
  ASSERT_TRUE(named) << named.error().what;
  EXPECT_EQ(named->rules[0].conditions.transports, Vias().set());
  EXPECT_EQ(named->rules[0].conditions.modes, Modes().set()) << "the modes stay as written";
  const auto unnamed = load_policy(with("profiles: [p]"), "s");
  ASSERT_TRUE(unnamed) << unnamed.error().what;
  EXPECT_EQ(unnamed->rules[0].conditions.transports, std::nullopt);
}

TEST(PolicyConditions, AWindowMayCrossMidnightOrEndWithTheDay) {
  const auto night = load_policy(with("time: { hours: { start: \"22:00\", end: \"06:00\", overnight: true } }"), "s");
  ASSERT_TRUE(night) << night.error().what;
  EXPECT_TRUE(night->rules[0].conditions.time->overnight);
  EXPECT_EQ(night->rules[0].conditions.time->start_minute, 22 * 60);
  EXPECT_EQ(night->rules[0].conditions.time->end_minute, 6 * 60);
  const auto evening = load_policy(with("time: { hours: { start: \"22:00\", end: 24:00, overnight: false } }"), "s");
  ASSERT_TRUE(evening) << evening.error().what;
  EXPECT_FALSE(evening->rules[0].conditions.time->overnight);
  EXPECT_EQ(evening->rules[0].conditions.time->end_minute, TimeWindow::kDay);
}

TEST(PolicyConditions, AThousandNamesAreTheMost) {
  std::string text = with(listed(1000));
  text.erase(text.find('^'), 1);
  EXPECT_TRUE(load_policy(text, "s"));
}

}  // namespace
}  // namespace broker
