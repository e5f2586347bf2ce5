// Every way to write a policy wrongly is refused with its place; what remains is read as sentinel-policy(5) says.
#include "policy/yaml/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "policy/time_window.h"

namespace broker {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kGood[] =
    "version: \"1\"\n"
    "rules:\n"
    "  - name: sandbox-daytime\n"
    "    effect: allow\n"
    "    conditions: { profiles: [sandbox] }\n";

// A policy of one rule whose conditions start in line 5.
std::string with_conditions(const std::string& lines) {
  return "version: \"1\"\nrules:\n  - name: r\n    effect: allow\n    conditions:\n" + lines;
}
// A policy of one rule with one more key, in line 5.
std::string with_key(const std::string& line) {
  return "version: \"1\"\nrules:\n  - name: r\n    effect: allow\n    " + line +
         "\n    conditions: { profiles: [p] }\n";
}

struct Refusal {
  const char* claim;
  std::string text;
  int line, column;
  const char* reason;
};

class RefusedPolicy : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedPolicy, NamesSourcePlaceReasonAndNextStep) {
  const Refusal& given = GetParam();
  const auto policy = load_policy(given.text, "team.yaml");
  ASSERT_FALSE(policy) << given.text;
  const std::string place = std::to_string(given.line) + ":" + std::to_string(given.column);
  EXPECT_THAT(policy.error().what, StartsWith("team.yaml:" + place + ": ")) << given.text;
  EXPECT_THAT(policy.error().what, HasSubstr(given.reason));
  EXPECT_EQ(policy.error().fault, ipc::Fault::kConfig);
  EXPECT_NE(policy.error().next_step, "");
}

std::string name_of(const ::testing::TestParamInfo<Refusal>& info) { return info.param.claim; }

const Refusal kDocuments[] = {
    {"Empty", "", 1, 1, "empty"},
    {"Whitespace", " \n\n", 1, 1, "empty"},
    {"OnlyAComment", "# nothing\n", 1, 1, "empty"},
    {"BareSeparator", "---\n", 1, 4, "empty"},
    {"TooLong", std::string(256 * 1024 + 1, '#'), 1, 1, "longer than 256 KiB"},
    {"SecondDocument", std::string(kGood) + "---\nversion: \"1\"\n", 6, 1, "second document"},
    {"SecondEmptyDocument", std::string(kGood) + "---\n", 6, 1, "second document"},
    {"SecondDocumentAfterEnd", std::string(kGood) + "...\n---\nrules: []\n", 7, 1, "second document"},
    {"RootIsAList", "- version: 1\n", 1, 1, "a mapping of keys"},
    {"RootIsAWord", "allow\n", 1, 1, "a mapping of keys"},
    {"Alias", with_conditions("      profiles: [&a x, *a]\n"), 6, 18, "anchors"},
    {"AliasAlone", with_conditions("      profiles: *a\n"), 6, 17, "anchor"},
    {"AnchorOnAMapping", with_conditions("      &c\n      profiles: [x]\n"), 6, 7, "anchors"},
    {"MergeKey", with_conditions("      <<: { profiles: [x] }\n"), 6, 7, "unknown key \"<<\""},
    {"Tag", with_conditions("      profiles: !!set [x]\n"), 6, 17, "tags"},
    {"TagOnAWord", with_conditions("      profiles: [!!str x]\n"), 6, 18, "tags"},
    {"BareTag", with_conditions("      profiles: [! x]\n"), 6, 18, "tags"},
    {"BareTagOnAList", with_conditions("      profiles: ![x]\n"), 6, 17, "tags"},
    {"BareTagOnAMapping", with_conditions("      ! { profiles: [x] }\n"), 6, 7, "tags"},
    {"DuplicateTopKey", std::string(kGood) + "version: \"1\"\n", 6, 1, "the key \"version\" stands here twice"},
    {"DuplicateConditionKey", with_conditions("      users: [a]\n      users: [b]\n"), 7, 7, "the first is in line 6"},
    {"KeyIsAList", "version: \"1\"\n? [a]\n: b\n", 2, 3, "a key must be a word"},
    {"KeyIsNothing", "version: \"1\"\n: b\n", 2, 1, "a key must be a word"},
    {"OpenDoubleQuote", with_conditions("      profiles: [x]\n      users: [\"a]\n"), 7, 15, "never closed"},
    {"OpenDoubleQuoteAtTheEnd", std::string(kGood) + "    reason: \"x", 6, 15, "EOF in scalar"},
    {"SkippedLine", std::string(kGood) + "%    restrict: { hard_expiry: 2m }\n", 6, 1, "begins with %"},
    {"Directive", "%YAML 1.2\n---\n" + std::string(kGood), 1, 1, "begins with %"},
    {"OpenSingleQuote", std::string(kGood) + "    reason: 'it''s", 6, 19, "EOF in scalar"},
    {"OpenQuoteAfterUmlauts", std::string(kGood) + "    reason: \"gr\xC3\xBC\xC3\x9F\" \n    session_table: \"x\n", 7,
     20, "never closed"},
    {"OpenBracket", with_conditions("      profiles: [x\n"), 7, 1, "YAML"},
    {"TabIndent", "version: \"1\"\nrules:\n\t- name: r\n", 3, 2, "YAML"},
    {"InvalidUtf8", with_conditions("      profiles: [\"\xC3\x28\"]\n"), 6, 19, "not UTF-8"},
    {"OverlongUtf8", with_conditions("      profiles: [\"\xC0\xAF\"]\n"), 6, 19, "not UTF-8"},
    {"SurrogateUtf8", with_conditions("      profiles: [\"\xED\xA0\x80\"]\n"), 6, 19, "not UTF-8"},
    {"CutUtf8", std::string(kGood) + "# \xE2\x82", 6, 3, "not UTF-8"},
    {"Utf16", std::string("\xFF\xFEv\0", 4), 1, 1, "not UTF-8"},
    {"ByteOrderMark", std::string("\xEF\xBB\xBF") + kGood, 1, 1, "byte order mark"},
    {"NulByte", std::string(kGood) + std::string("# \0", 3), 6, 3, "control character"},
    {"EscapeSequence", with_key("reason: \"a \x1b[31m b\""), 5, 16, "control character"},
    {"EscapedControlCharacter", with_key("reason: \"a \\x1b[31m b\""), 5, 13, "control character"},
    {"BareCarriageReturn", std::string("version: \"1\" # ok\rrules: []\n"), 1, 18, "carriage return"},
    {"RightToLeftOverride", with_key("reason: a \xE2\x80\xAE b"), 5, 15, "direction"},
    {"InvisibleCharacter", with_conditions("      users: [\"ro\xE2\x80\x8Bot\"]\n"), 6, 18, "invisible"},
    {"VeryDeep", "version: " + std::string(20, '[') + std::string(20, ']') + "\n", 1, 25, "nested more than 16 deep"},
    {"DeepEnoughToExhaustTheParser", "version: " + std::string(100'000, '[') + "\n", 1, 11, ""},
};
INSTANTIATE_TEST_SUITE_P(Documents, RefusedPolicy, ::testing::ValuesIn(kDocuments), name_of);

const Refusal kSchema[] = {
    {"NoVersion", "rules:\n  - name: r\n    effect: allow\n    conditions: { profiles: [p] }\n", 1, 1,
     "the key \"version\" is missing"},
    {"VersionTwo", "version: \"2\"\nfuture: x\nrules: []\n", 1, 10, "version \"2\" is not supported; only \"1\" is"},
    {"VersionOnePointNought", "version: 1.0\nrules: []\n", 1, 10, "version \"1.0\""},
    {"VersionOctal", "version: 01\nrules: []\n", 1, 10, "version \"01\""},
    {"VersionIsAList", "version: [1]\nrules: []\n", 1, 10, "\"version\" needs a text, and has a list"},
    {"VersionIsNothing", "version:\nrules: []\n", 1, 9, "\"version\" needs a text, and has nothing"},
    {"NoRules", "version: \"1\"\n", 1, 1, "the key \"rules\" is missing"},
    {"EmptyRules", "version: \"1\"\nrules: []\n", 2, 8, "\"rules\" is empty"},
    {"RulesAreNothing", "version: \"1\"\nrules:\n", 2, 7, "\"rules\" needs a list"},
    {"RulesAreAMapping", "version: \"1\"\nrules: { name: r }\n", 2, 8, "\"rules\" needs a list, and has a mapping"},
    {"RuleIsAWord", "version: \"1\"\nrules: [allow]\n", 2, 9, "rule 1: an entry of this list needs a mapping"},
    {"PoliciesKey", "version: \"1\"\npolicies: []\n", 2, 1, "unknown key \"policies\""},
    {"MatchKey", with_key("match: {}"), 5, 5, "unknown key \"match\""},
    {"KeyWithLineBreak", with_key("\"a\\nb\": x"), 5, 5, "unknown key \"a b\""},
    {"LongKeyIsCutBetweenCharacters", with_key("a" + std::string(70, 'x') + ": y"), 5, 5, "xxx...\""},
    {"NoName", "version: \"1\"\nrules:\n  - effect: allow\n    conditions: { profiles: [p] }\n", 3, 5,
     "rule 1: the key \"name\" is missing"},
    {"EmptyName", "version: \"1\"\nrules:\n  - name: \"\"\n    effect: allow\n", 3, 11, "\"name\" is empty"},
    {"NameIsNothing", "version: \"1\"\nrules:\n  - name: ~\n    effect: allow\n", 3, 10, "\"name\" needs a text"},
    {"NameWithLineBreak", "version: \"1\"\nrules:\n  - name: \"a\\nb\"\n    effect: allow\n", 3, 11, "line break"},
    {"DuplicateName",
     std::string(kGood) + "  - name: sandbox-daytime\n    effect: deny\n    conditions: { users: [u] }\n", 6, 5,
     "another rule of this name starts in line 3"},
    {"NoEffect", "version: \"1\"\nrules:\n  - name: r\n    conditions: { profiles: [p] }\n", 3, 5,
     "rule \"r\": the key \"effect\" is missing"},
    // More odd effects: effects_test.cc.
    {"EffectMisspelt", "version: \"1\"\nrules:\n  - name: r\n    effect: alow\n", 4, 13,
     "unknown effect \"alow\"; did you mean \"allow\"?"},
    {"EffectInCapitals", "version: \"1\"\nrules:\n  - name: r\n    effect: Deny\n", 4, 13, "did you mean \"deny\"?"},
    {"EffectWithBlank", "version: \"1\"\nrules:\n  - name: r\n    effect: \"deny \"\n", 4, 13,
     "unknown effect \"deny \""},
    {"EffectUnlikeAny", "version: \"1\"\nrules:\n  - name: r\n    effect: perhaps\n", 4, 13,
     "it can be allow, deny, require_approval, require_server or require_server_session"},
    {"EffectIsAList", "version: \"1\"\nrules:\n  - name: r\n    effect: [allow]\n", 4, 13,
     "needs a word, and has a list"},
    {"NoConditions", "version: \"1\"\nrules:\n  - name: r\n    effect: deny\n", 3, 5,
     "the key \"conditions\" is missing"},
    {"ConditionsAreNothing", "version: \"1\"\nrules:\n  - name: r\n    effect: deny\n    conditions:\n", 5, 16,
     "\"conditions\" needs a mapping"},
    {"EmptyConditions", "version: \"1\"\nrules:\n  - name: r\n    effect: deny\n    conditions: {}\n", 5, 17,
     "name no profiles, users or time"},
    {"ModeAlone", with_conditions("      mode: [server]\n"), 6, 7, "name no profiles, users or time"},
    {"DeviceAlone", with_conditions("      device: { require_mdm: true }\n"), 6, 7, "name no profiles, users or time"},
    {"UserForUsers", with_conditions("      user: [marta]\n"), 6, 7,
     "rule \"r\": unknown key \"user\"; did you mean \"users\"?"},
    {"ProfilesIsAWord", with_conditions("      profiles: sandbox\n"), 6, 17,
     "\"profiles\" needs a list, and has a single value"},
    {"ProfilesEmpty", with_conditions("      profiles: []\n"), 6, 17, "\"profiles\" is an empty list"},
    {"UsersEmpty", with_conditions("      profiles: [p]\n      users: []\n"), 7, 14, "\"users\" is an empty list"},
    {"UserIsNothing", with_conditions("      users:\n        - a\n        -\n"), 8, 10,
     "an entry of this list needs a text"},
    {"UserIsAMapping", with_conditions("      users: [{ a: b }]\n"), 6, 17, "unknown key \"a\"; it can be glob"},
    {"UserIsEmpty", with_conditions("      users: [\"\"]\n"), 6, 15, "an entry of this list is empty"},
    {"UserWithBlank", with_conditions("      users: [\"marta \"]\n"), 6, 15, "begins or ends with a blank"},
    {"UserTwice", with_conditions("      users:\n        - a\n        - b\n        - a\n"), 9, 11,
     "\"a\" is listed twice"},
    {"UserTooLong", with_conditions("      users: [" + std::string(257, 'u') + "]\n"), 6, 15, "longer than 256 bytes"},
    {"UnknownMode", with_conditions("      profiles: [p]\n      mode: [sever]\n"), 7, 14,
     "unknown \"sever\"; did you mean \"server\"?"},
    {"ModeTwice", with_conditions("      profiles: [p]\n      mode: [cli, cli]\n"), 7, 19, "\"cli\" is listed twice"},
    {"ModeEmpty", with_conditions("      profiles: [p]\n      mode: []\n"), 7, 13, "\"mode\" is an empty list"},
    {"SessionTableEmpty", with_key("session_table: \"\""), 5, 20, "\"session_table\" is empty"},
    {"ReasonTooLong", with_key("reason: " + std::string(1025, 'x')), 5, 13, "longer than 1024 bytes"},
    {"ReasonIsAList", with_key("reason: [a]"), 5, 13, "\"reason\" needs a text"},
};
INSTANTIATE_TEST_SUITE_P(Schema, RefusedPolicy, ::testing::ValuesIn(kSchema), name_of);

const Refusal kValues[] = {
    {"WeekdayInCapitals", with_conditions("      time: { days: [Monday] }\n"), 6, 22, "did you mean \"monday\"?"},
    {"WeekdayShort", with_conditions("      time: { days: [xyz] }\n"), 6, 22, "it can be sunday, monday"},
    {"WeekdaysEmpty", with_conditions("      time: { days: [] }\n"), 6, 21, "\"days\" is an empty list"},
    {"TimeIsNothing", with_conditions("      time:\n"), 6, 12, "\"time\" needs a mapping"},
    {"UnknownTimeKey", with_conditions("      time: { timezones: UTC }\n"), 6, 15, "did you mean \"timezone\"?"},
    {"UnknownZone", with_conditions("      time: { timezone: Europe/Berln }\n"), 6, 25,
     "unknown time zone \"Europe/Berln\"; did you mean \"Europe/Berlin\"?"},
    {"ZoneOutsideTheFolder", with_conditions("      time: { timezone: ../../../etc/passwd }\n"), 6, 25,
     "unknown time zone"},
    {"ZoneWithPath", with_conditions("      time: { timezone: /usr/share/zoneinfo/UTC }\n"), 6, 25,
     "unknown time zone"},
    {"ZoneWithLeapSeconds", with_conditions("      time: { timezone: right/UTC }\n"), 6, 25, "unknown time zone"},
    {"ZoneIsEmpty", with_conditions("      time: { timezone: \"\" }\n"), 6, 25, "\"timezone\" is empty"},
    {"HoursWithoutEnd", with_conditions("      time: { hours: { start: \"09:00\" } }\n"), 6, 22,
     "the key \"end\" is missing"},
    {"HoursWithoutStart", with_conditions("      time: { hours: { end: \"09:00\" } }\n"), 6, 22,
     "the key \"start\" is missing"},
    {"HoursAfterTwentyFour", with_conditions("      time: { hours: { start: \"09:00\", end: \"24:01\" } }\n"), 6, 45,
     "\"end\" must be HH:MM from 00:00 to 24:00, and is \"24:01\""},
    {"HoursStartAtTwentyFour", with_conditions("      time: { hours: { start: \"24:00\", end: \"24:00\" } }\n"), 6, 31,
     "\"start\" must be HH:MM from 00:00 to 23:59, and is \"24:00\""},
    {"HoursSixtyMinutes", with_conditions("      time: { hours: { start: \"09:60\", end: \"10:00\" } }\n"), 6, 31,
     "\"start\" must be"},
    {"HoursOneDigit", with_conditions("      time: { hours: { start: \"9:00\", end: \"10:00\" } }\n"), 6, 31,
     "\"start\" must be"},
    {"HoursWithSeconds", with_conditions("      time: { hours: { start: \"09:00:00\", end: \"10:00\" } }\n"), 6, 31,
     "must be HH:MM"},
    {"HoursWithSign", with_conditions("      time: { hours: { start: \"-9:00\", end: \"10:00\" } }\n"), 6, 31,
     "must be HH:MM"},
    {"HoursInWords", with_conditions("      time: { hours: { start: noon, end: \"13:00\" } }\n"), 6, 31,
     "must be HH:MM"},
    {"HoursReversed", with_conditions("      time: { hours: { start: \"22:00\", end: \"06:00\" } }\n"), 6, 22,
     "hours end before they start"},
    {"HoursEqual", with_conditions("      time: { hours: { start: \"09:00\", end: \"09:00\" } }\n"), 6, 22, "never"},
    {"DurationBareNumber", with_key("max_server_duration: 20"), 5, 26, "each number needs a unit"},
    {"DurationBareZero", with_key("max_server_duration: 0"), 5, 26, "\"0\" has no unit"},
    {"DurationNegative", with_key("max_server_duration: -5m"), 5, 26, "\"-5m\" is negative"},
    {"DurationInDays", with_key("max_server_duration: 1d"), 5, 26, "unit"},
    {"DurationBelowASecond", with_key("max_server_duration: 999ms"), 5, 26, "shorter than a second"},
    {"DurationTooLong", with_key("max_server_duration: 3000000h"), 5, 26, "292 years"},
    {"DurationIsAList", with_key("max_server_duration: [20m]"), 5, 26, "needs a text"},
    {"DeviceEmpty", with_conditions("      profiles: [p]\n      device: {}\n"), 7, 15, "\"device\" is empty"},
    {"DeviceUnknownKey", with_conditions("      profiles: [p]\n      device: { require_encrypted: true }\n"), 7, 17,
     "did you mean \"require_encryption\"?"},
    {"DeviceYes", with_conditions("      profiles: [p]\n      device: { require_mdm: yes }\n"), 7, 30,
     "must be true or false"},
    {"DeviceQuotedTrue", with_conditions("      profiles: [p]\n      device: { require_mdm: \"true\" }\n"), 7, 30,
     "must be true or false"},
    {"DeviceOsType", with_conditions("      profiles: [p]\n      device: { allowed_os_types: [darwn] }\n"), 7, 36,
     "did you mean \"darwin\"?"},
    {"DeviceVersionWithoutDigit", with_conditions("      profiles: [p]\n      device: { min_os_version: abc }\n"), 7,
     33, "is not a version"},
    {"DeviceVersionCharacters", with_conditions("      profiles: [p]\n      device: { min_os_version: \"14 2\" }\n"), 7,
     33, "is not a version"},
};
INSTANTIATE_TEST_SUITE_P(Values, RefusedPolicy, ::testing::ValuesIn(kValues), name_of);

TEST(PolicyYaml, EveryCutOfAGoodPolicyIsRefusedOrStillOneRuleThatNamesItsProfile) {
  const std::string text = kGood;
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto policy = load_policy(text.substr(0, size), "cut");
    if (!policy) continue;
    ASSERT_EQ(policy->rules.size(), 1u) << size;
    EXPECT_THAT(policy->rules[0].conditions.profiles, ElementsAre("sandbox")) << size;
  }
}

TEST(PolicyYaml, ReadsEveryKeyOfTheSchema) {
  const auto policy = load_policy(
      "version: 1\n"
      "rules:\n"
      "  - name: everything\n"
      "    effect: require_server\n"
      "    reason: >\n      two lines\n      of reason\n"
      "    max_server_duration: 1h30m0.5s\n"
      "    session_table: t\n"
      "    conditions:\n"
      "      profiles: [a, \"b c\"]\n"
      "      users: ['ada']\n"
      "      mode: [cli, server]\n"
      "      time: { days: [sunday, saturday], hours: { start: 07:30, end: \"23:59\" }, timezone: Asia/Kolkata }\n"
      "      device:\n"
      "        require_encryption: true\n"
      "        require_mdm: false\n"
      "        require_mdm_compliant: true\n"
      "        require_firewall: true\n"
      "        min_os_version: 14.2\n"
      "        allowed_os_types: [Darwin, LINUX]\n",
      "team.yaml");
  ASSERT_TRUE(policy) << policy.error().what;
  const Rule& rule = policy->rules.at(0);
  EXPECT_EQ(rule.name, "everything");
  EXPECT_EQ(rule.line, 3);
  EXPECT_EQ(rule.effect, Effect::kRequireServer);
  EXPECT_EQ(rule.reason, "two lines of reason");
  EXPECT_EQ(rule.max_server_duration, seconds(5400));
  EXPECT_EQ(rule.session_table, "t");
  EXPECT_THAT(rule.conditions.profiles, ElementsAre("a", "b c"));
  EXPECT_THAT(rule.conditions.users, ElementsAre("ada"));
  EXPECT_EQ(rule.conditions.modes, Modes("011"));
  ASSERT_TRUE(rule.conditions.time);
  EXPECT_EQ(rule.conditions.time->days, Weekdays("1000001"));
  EXPECT_EQ(rule.conditions.time->start_minute, 450);
  EXPECT_EQ(rule.conditions.time->end_minute, 1439);
  EXPECT_EQ(zone_name(*rule.conditions.time->zone), "Asia/Kolkata");
  EXPECT_TRUE(rule.conditions.device.encryption && rule.conditions.device.mdm_compliant);
  EXPECT_FALSE(rule.conditions.device.mdm);
  EXPECT_EQ(rule.conditions.device.min_os_version, "14.2");
  EXPECT_EQ(rule.conditions.device.os_types, OsTypes("101"));
}

TEST(PolicyYaml, AnEmptyTimeIsAWayToSayAlways) {
  const auto policy = load_policy(with_conditions("      time: {}\n"), "s");
  ASSERT_TRUE(policy) << policy.error().what;
  EXPECT_EQ(policy->rules[0].conditions.time->end_minute, TimeWindow::kDay);
  EXPECT_NE(policy->rules[0].conditions.time->zone, nullptr);
}

TEST(PolicyYaml, ZeroMeansNoCap) {
  for (const char* zero : {"\"0\"", "0s", "0h0m"}) {
    const auto policy = load_policy(with_key(std::string("max_server_duration: ") + zero), "s");
    ASSERT_TRUE(policy) << policy.error().what;
    EXPECT_FALSE(policy->rules[0].max_server_duration);
  }
}

TEST(PolicyYaml, LineEndsOfWindowsAreReadAlike) {
  std::string text;
  const std::string unix_lines = with_key("reason: \"a\"\n    session_table: 'b'");
  for (char c : unix_lines) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const auto policy = load_policy(text, "s");
  ASSERT_TRUE(policy) << policy.error().what;
  EXPECT_EQ(policy->rules[0].session_table, "b");
  EXPECT_EQ(policy->rules[0].line, 3);
}

TEST(PolicyYaml, TheHashIsThatOfTheExactText) {
  // printf '%s' "$text" | sha256sum
  EXPECT_EQ(load_policy(kGood, "s")->sha256, "e5a422db29c687e31d6483a2db53087e4a7f514e19919d327dbae49a4c362299");
}

TEST(PolicyYaml, QuotesAreFoundBehindLettersOfSeveralBytes) {
  const auto policy =
      load_policy(with_key("reason: \"gr\xC3\xBC\xC3\x9F dich\"\n    session_table: \"\xE2\x82\xAC\""), "s");
  ASSERT_TRUE(policy) << policy.error().what;
  EXPECT_EQ(policy->rules[0].session_table, "\xE2\x82\xAC");
}

}  // namespace
}  // namespace broker
