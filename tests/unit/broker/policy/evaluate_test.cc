// How a policy is judged: example policies with their expected answers; names, times, order and modes; and what this
// product's own conditions mean. More edges: evaluate_edges_test.cc.
#include "policy/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include "policy/yaml/load.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using ::testing::HasSubstr;

constexpr Mode kAllModes[] = {Mode::kServer, Mode::kCli, Mode::kCredentialProcess};

Policy policy_from(const std::string& text) {
  auto policy = load_policy(text, "test");
  EXPECT_TRUE(policy) << policy.error().what;
  return policy ? *policy : Policy{};
}

Policy policy_file(const std::string& name) {
  std::ifstream file(std::string(TEST_DATA) + "/policy/" + name);
  return policy_from({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
}

sys_seconds at(int month, int day, int hour, int minute, int second, int year = 2026) {
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  return sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + seconds(second);
}

// ---- the examples

struct Vector {
  const char* id;
  char policy;
  PolicyQuery query;
  const char* effect;
  int rule_index;
  const char* reason;
  bool requires_server_mode = false;
  bool requires_session_tracking = false;
};

class PolicyExample : public ::testing::TestWithParam<Vector> {};

TEST_P(PolicyExample, IsDecidedAsWritten) {
  const Vector& vector = GetParam();
  const Policy policy = policy_file(std::string(1, vector.policy) + ".yaml");
  const Verdict verdict = evaluate(policy, vector.query);
  EXPECT_EQ(verdict.effect, vector.effect);
  EXPECT_EQ(verdict.allowed, std::string(vector.effect) == "allow");
  EXPECT_EQ(verdict.rule_index, vector.rule_index);
  EXPECT_THAT(verdict.reason, HasSubstr(vector.reason));
  EXPECT_EQ(verdict.requires_server_mode, vector.requires_server_mode);
  EXPECT_EQ(verdict.requires_session_tracking, vector.requires_session_tracking);
  EXPECT_EQ(verdict.policy_sha256, policy.sha256);
  if (vector.rule_index >= 0) {
    const Rule& rule = policy.rules.at(static_cast<std::size_t>(vector.rule_index));
    EXPECT_EQ(verdict.rule, rule.name);
    EXPECT_EQ(verdict.max_server_duration, rule.max_server_duration);
    EXPECT_EQ(verdict.session_table, rule.session_table);
  } else {
    EXPECT_EQ(verdict.rule, "");
    EXPECT_FALSE(verdict.max_server_duration);
  }
}

// Server mode, in a session that this table tracks.
PolicyQuery tracked(PolicyQuery query) {
  query.session_table = "ledger-sessions";  // that of a.yaml's rule
  return query;
}

// B1's device: compliant, encrypted, 14.10, Darwin; nothing is known of its enrolment and its firewall.
PolicyQuery payroll(Mode mode, std::optional<bool> encrypted = true, const char* os_version = "14.10") {
  PolicyQuery query{"x", "payroll", mode, at(3, 2, 12, 0, 0)};
  query.posture = Posture{encrypted, {}, true, {}, os_version, OsType::kDarwin};
  return query;
}

const PolicyQuery kMarta{"marta", "ledger-prod", Mode::kServer, at(2, 6, 13, 59, 59)};
const PolicyQuery kNoPosture{"x", "payroll", Mode::kServer, at(3, 2, 12, 0, 0)};
constexpr char kNoTracking[] = "a tracked session is required";
const Vector kVectors[] = {
    {"A1", 'a', tracked(kMarta), "allow", 1, ""},
    {"A2", 'a', tracked({"marta", "ledger-prod", Mode::kServer, at(2, 6, 14, 0, 0)}), "deny", 0, "change freeze"},
    {"A3", 'a', tracked({"marta", "ledger-prod", Mode::kServer, at(2, 6, 22, 59, 30)}), "allow", 1, ""},
    {"A4", 'a', kMarta, "deny", 1, kNoTracking, false, true},
    {"A5", 'a', tracked({"marta", "ledger-prod", Mode::kCli, at(2, 6, 13, 59, 59)}), "deny", 1, kNoTracking, true,
     true},
    {"A6", 'a', tracked({"Marta", "ledger-prod", Mode::kServer, at(2, 6, 13, 59, 59)}), "deny", -1, "no matching rule"},
    {"A7", 'a', {"x", "ledger-staging", Mode::kCli, at(2, 4, 12, 0, 0)}, "require_approval", 2, "approval is required"},
    {"A8", 'a', {"okoro", "sandbox", Mode::kCli, at(2, 4, 19, 29, 59)}, "allow", 3, ""},
    {"A9", 'a', {"okoro", "sandbox", Mode::kCli, at(2, 4, 19, 30, 0)}, "deny", -1, "no matching rule"},
    {"A10", 'a', {"okoro", "sandbox", Mode::kCredentialProcess, at(2, 4, 12, 0, 0)}, "deny", -1, "no matching rule"},
    {"B1", 'b', payroll(Mode::kServer), "allow", 0, ""},
    {"B2", 'b', payroll(Mode::kServer, true, "14"), "deny", -1, "its version, 14, is older than 14.2"},
    {"B3", 'b', payroll(Mode::kServer, std::nullopt), "deny", -1, "disk encryption is unknown"},
    {"B4", 'b', kNoPosture, "deny", -1, "device: nothing is known of it"},
    {"B5", 'b', payroll(Mode::kCli), "deny", 0, "only `sentinel exec --server`", true},
    {"B6", 'b', {"priya", "batch-ops", Mode::kCli, at(3, 2, 16, 30, 0)}, "allow", 1, ""},
    {"B7", 'b', {"priya", "batch-ops", Mode::kCli, at(3, 2, 18, 29, 10)}, "deny", -1, "no matching rule"},
    {"B8", 'b', {"priya", "batch-ops", Mode::kCli, at(3, 2, 18, 30, 0)}, "allow", 2, ""},
};
INSTANTIATE_TEST_SUITE_P(Examples, PolicyExample, ::testing::ValuesIn(kVectors),
                         [](const auto& vector) { return std::string(vector.param.id); });

// ---- nothing matches

TEST(PolicyEval, APolicyWithoutRulesDeniesEverything) {
  const Verdict verdict = evaluate(Policy{}, PolicyQuery{});
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.effect, "deny");
  EXPECT_EQ(verdict.reason, "no matching rule");
  EXPECT_EQ(verdict.rule_index, -1);
}

TEST(PolicyEval, AVerdictThatNobodyFilledInIsARefusal) { EXPECT_FALSE(Verdict{}.allowed); }

// ---- names

TEST(PolicyEval, NamesMatchWholeAndInTheirCaseOnly) {
  const Policy policy = policy_from(
      "version: 1\nrules:\n  - name: r\n    effect: allow\n    conditions: { profiles: [Prod], users: [ada] }\n");
  const auto allowed = [&](const char* user, const char* profile) {
    return evaluate(policy, {user, profile, Mode::kServer, at(1, 1, 0, 0, 0)}).allowed;
  };
  EXPECT_FALSE(allowed("ada", "prod"));
  EXPECT_FALSE(allowed("ada", "Prod2"));
  EXPECT_FALSE(allowed("ada", "Pro"));
  EXPECT_FALSE(allowed("ada", "Prod "));
  EXPECT_FALSE(allowed("Ada", "Prod"));
  EXPECT_FALSE(allowed("", "Prod"));
  EXPECT_FALSE(allowed("ada", ""));
  EXPECT_TRUE(allowed("ada", "Prod"));
}

// ---- time

struct Edge {
  sys_seconds instant;
  bool open;
};

void expect_edges(const std::string& time, const std::vector<Edge>& edges) {
  const Policy policy =
      policy_from("version: 1\nrules:\n  - name: r\n    effect: allow\n    conditions: { time: " + time + " }\n");
  for (const Edge& edge : edges) {
    EXPECT_EQ(evaluate(policy, {"u", "p", Mode::kCli, edge.instant}).allowed, edge.open)
        << time << " at " << edge.instant.time_since_epoch().count();
  }
}

TEST(PolicyEval, WindowsAreHalfOpenAtTheMinute) {
  expect_edges("{ hours: { start: \"09:00\", end: \"17:00\" }, timezone: UTC }", {{at(1, 5, 8, 59, 59), false},
                                                                                  {at(1, 5, 9, 0, 0), true},
                                                                                  {at(1, 5, 16, 59, 59), true},
                                                                                  {at(1, 5, 17, 0, 0), false}});
}

TEST(PolicyEval, MidnightBelongsToTheNewDay) {
  expect_edges("{ days: [monday], timezone: UTC }", {{at(1, 4, 23, 59, 59), false},
                                                     {at(1, 5, 0, 0, 0), true},
                                                     {at(1, 5, 23, 59, 59), true},
                                                     {at(1, 6, 0, 0, 0), false}});
}

TEST(PolicyEval, WeekdaysAreThoseOfTheRulesZone) {
  // 2026-01-04 is a Sunday; 23:00 UTC is Monday in Tokyo, and 03:00 UTC on Monday is still Sunday in Los Angeles.
  expect_edges("{ days: [monday], timezone: Asia/Tokyo }", {{at(1, 4, 14, 59, 59), false}, {at(1, 4, 15, 0, 0), true}});
  expect_edges("{ days: [sunday], timezone: America/Los_Angeles }",
               {{at(1, 5, 3, 0, 0), true}, {at(1, 5, 8, 0, 0), false}});
}

TEST(PolicyEval, SummerAndWinterTimeMoveTheWindow) {
  expect_edges("{ hours: { start: \"09:00\", end: \"10:00\" }, timezone: Europe/Berlin }",
               {{at(1, 15, 8, 0, 0), true},
                {at(1, 15, 7, 0, 0), false},
                {at(7, 15, 7, 0, 0), true},
                {at(7, 15, 8, 0, 0), false}});
}

TEST(PolicyEval, TheSkippedHourNeverComesAndTheRepeatedOneComesTwice) {
  // Berlin 2026: 29 March 02:00 becomes 03:00 at 01:00 UTC; 25 October 03:00 becomes 02:00 at 01:00 UTC.
  const std::string two_to_three = "{ hours: { start: \"02:00\", end: \"03:00\" }, timezone: Europe/Berlin }";
  expect_edges(two_to_three,
               {{at(3, 29, 0, 59, 59), false}, {at(3, 29, 1, 0, 0), false}, {at(3, 29, 1, 59, 59), false}});
  expect_edges(two_to_three, {{at(10, 24, 23, 59, 59), false},
                              {at(10, 25, 0, 0, 0), true},
                              {at(10, 25, 0, 59, 59), true},
                              {at(10, 25, 1, 0, 0), true},
                              {at(10, 25, 1, 59, 59), true},
                              {at(10, 25, 2, 0, 0), false}});
}

TEST(PolicyEval, OddOffsetsCount) {
  // Lord Howe moves by half an hour; Kathmandu is 5:45 ahead; Chatham 12:45, and 13:45 in its summer.
  expect_edges("{ hours: { start: \"09:00\", end: \"09:01\" }, timezone: Australia/Lord_Howe }",
               {{at(1, 15, 22, 0, 0), true}, {at(7, 15, 22, 30, 0), true}, {at(7, 15, 22, 0, 0), false}});
  expect_edges("{ hours: { start: \"00:00\", end: \"00:01\" }, timezone: Asia/Kathmandu }",
               {{at(1, 15, 18, 15, 0), true}});
  expect_edges("{ hours: { start: \"12:45\", end: \"12:46\" }, timezone: Pacific/Chatham }",
               {{at(7, 15, 0, 0, 0), true}, {at(1, 14, 23, 0, 0), true}});
}

TEST(PolicyEval, DaylightSavingIsKnownTenYearsAhead) {
  expect_edges(
      "{ hours: { start: \"09:00\", end: \"10:00\" }, timezone: America/New_York }",
      {{at(7, 15, 13, 0, 0, 2036), true}, {at(1, 15, 14, 0, 0, 2036), true}, {at(1, 15, 13, 0, 0, 2036), false}});
}

TEST(PolicyEval, AWindowWithoutZoneRefuses) {
  Policy policy = policy_from("version: 1\nrules:\n  - name: r\n    effect: allow\n    conditions: { time: {} }\n");
  policy.rules[0].conditions.time->zone = nullptr;  // the loader never leaves one so
  const Verdict verdict = evaluate(policy, {"u", "p", Mode::kServer, at(1, 1, 0, 0, 0)});
  EXPECT_FALSE(verdict.allowed);
  EXPECT_THAT(verdict.reason, HasSubstr("time zone of rule \"r\" cannot be read"));
}

// ---- order

std::string rule(const std::string& name, const std::string& effect, const std::string& more = {}) {
  return "  - name: " + name + "\n    effect: " + effect + "\n    conditions: { profiles: [p]" + more + " }\n";
}

Verdict decide(const std::string& rules, Mode mode = Mode::kServer) {
  return evaluate(policy_from("version: 1\nrules:\n" + rules), {"u", "p", mode, at(1, 1, 0, 0, 0)});
}

TEST(PolicyEval, TheFirstRuleThatMatchesDecidesEitherWay) {
  EXPECT_EQ(decide(rule("a", "deny") + rule("b", "allow")).rule, "a");
  EXPECT_FALSE(decide(rule("a", "deny") + rule("b", "allow")).allowed);
  EXPECT_TRUE(decide(rule("a", "allow") + rule("b", "deny")).allowed);
}

TEST(PolicyEval, RequireApprovalIsNotAllowAndHidesALaterAllow) {
  const Verdict verdict = decide(rule("a", "require_approval") + rule("b", "allow"));
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.effect, "require_approval");
  EXPECT_EQ(verdict.rule_index, 0);
}

TEST(PolicyEval, ADenialWithoutReasonNamesItsRule) {
  EXPECT_EQ(decide(rule("a", "deny")).reason, "rule \"a\" denies it");
}

// ---- modes

TEST(PolicyEval, AModeConditionMatchesItsModesOnly) {
  for (Mode listed : kAllModes) {
    for (Mode asked : kAllModes) {
      const std::string mode = ", mode: [" + std::string(word(listed)) + "]";
      EXPECT_EQ(decide(rule("a", "allow", mode), asked).allowed, listed == asked) << word(listed) << word(asked);
    }
  }
}

TEST(PolicyEval, RequireServerAllowsInServerModeAlone) {
  EXPECT_TRUE(decide(rule("a", "require_server")).allowed);
  EXPECT_EQ(decide(rule("a", "require_server")).effect, "allow");
  for (Mode mode : {Mode::kCli, Mode::kCredentialProcess}) {
    const Verdict verdict = decide(rule("a", "require_server"), mode);
    EXPECT_FALSE(verdict.allowed);
    EXPECT_TRUE(verdict.requires_server_mode);
    EXPECT_FALSE(verdict.requires_session_tracking);
  }
}

// A table that the user chose is one in which nobody else revokes.
TEST(PolicyEval, ATrackedSessionCountsInServerModeAloneAndInTheRulesOwnTable) {
  Policy policy = policy_from("version: 1\nrules:\n" + rule("a", "require_server_session"));
  for (const Mode mode : kAllModes) {
    for (const auto& [ruled, table] : {std::pair{"", ""}, {"", "t"}, {"t", ""}, {"t", "mine"}, {"t", "t"}}) {
      policy.rules[0].session_table = ruled;
      PolicyQuery query{"u", "p", mode, at(1, 1, 0, 0, 0)};
      query.session_table = table;
      const Verdict verdict = evaluate(policy, query);
      const bool allowed = mode == Mode::kServer && std::string(ruled) == "t" && query.session_table == "t";
      EXPECT_EQ(verdict.allowed, allowed) << ruled << " " << table;
      EXPECT_EQ(verdict.requires_session_tracking, !allowed);
      EXPECT_EQ(verdict.requires_server_mode, mode != Mode::kServer);
    }
  }
}

TEST(PolicyEval, TheVerdictCarriesTheDecidingRulesCapsTableAndNarrowing) {
  Policy policy = policy_from("version: 1\nrules:\n" + rule("a", "allow"));
  policy.rules[0].max_duration = 600s;
  policy.rules[0].max_server_duration = 1200s;
  policy.rules[0].session_table = "t";
  Narrowing narrowing;
  narrowing.source_vpcs = {"vpc-1"};
  policy.rules[0].narrowing = std::make_shared<const Narrowing>(narrowing);
  const Verdict verdict = evaluate(policy, {"u", "p", Mode::kServer, at(1, 1, 0, 0, 0)});
  EXPECT_EQ(verdict.max_duration, 600s);
  EXPECT_EQ(verdict.max_server_duration, 1200s);
  EXPECT_EQ(verdict.session_table, "t");
  EXPECT_EQ(verdict.narrowing, policy.rules[0].narrowing);
}

// ---- each condition, with a fact that meets it, one that does not, and none

struct Fact {
  const char* name;
  void (*condition)(Conditions&);
  void (*met)(PolicyQuery&), (*unmet)(PolicyQuery&), (*unknown)(PolicyQuery&);
};
const Fact kFacts[] = {
    {"not_profiles", [](Conditions& c) { c.not_profiles = {"p"}; }, [](PolicyQuery& q) { q.profile = "q"; },
     [](PolicyQuery& q) { q.profile = "p"; }, [](PolicyQuery& q) { q.profile = ""; }},
    {"not_users",
     [](Conditions& c) {
       c.not_users = {{"u*", true}};
     },
     [](PolicyQuery& q) { q.user = "v"; }, [](PolicyQuery& q) { q.user = "ulla"; },
     [](PolicyQuery& q) { q.user = ""; }},
    {"arns",
     [](Conditions& c) {
       c.arns = {{"arn:aws:iam::*:user/u", true}};
     },
     [](PolicyQuery& q) { q.arn = "arn:aws:iam::123456789012:user/u"; },
     [](PolicyQuery& q) { q.arn = "arn:aws:iam::123456789012:user/u2"; }, [](PolicyQuery& q) { q.arn = ""; }},
    {"accounts", [](Conditions& c) { c.accounts = {"123456789012"}; },
     [](PolicyQuery& q) { q.account = "123456789012"; }, [](PolicyQuery& q) { q.account = "123456789013"; },
     [](PolicyQuery& q) { q.account = ""; }},
    {"groups",
     [](Conditions& c) {
       c.groups = {"wheel", "ops"};
     },
     [](PolicyQuery& q) {
       q.groups = std::vector<std::string>{"users", "ops"};
     },
     [](PolicyQuery& q) { q.groups = std::vector<std::string>{}; }, [](PolicyQuery& q) { q.groups.reset(); }},
    {"transport", [](Conditions& c) { c.transports = Vias(1); }, [](PolicyQuery& q) { q.transport = Via::kUnix; },
     [](PolicyQuery& q) { q.transport = Via::kTcp; }, [](PolicyQuery& q) { q.transport.reset(); }},
    {"device", [](Conditions& c) { c.device.mdm = true; },
     [](PolicyQuery& q) { q.posture = Posture{{}, true, {}, {}, {}, {}}; },
     [](PolicyQuery& q) { q.posture = Posture{{}, false, {}, {}, {}, {}}; },
     [](PolicyQuery& q) { q.posture = Posture{}; }},
    {"no posture", [](Conditions& c) { c.device.firewall = true; },
     [](PolicyQuery& q) { q.posture = Posture{{}, {}, {}, true, {}, {}}; },
     [](PolicyQuery& q) { q.posture = Posture{{}, {}, {}, false, {}, {}}; }, [](PolicyQuery& q) { q.posture.reset(); }},
};

int rule_that_decides(const Fact& fact, void (*state)(PolicyQuery&), Effect effect) {
  Policy policy;
  policy.rules.resize(1);
  policy.rules[0].effect = effect;
  fact.condition(policy.rules[0].conditions);
  PolicyQuery query{"u", "p", Mode::kServer, at(1, 1, 0, 0, 0)};
  state(query);
  return evaluate(policy, query).rule_index;
}

TEST(PolicyEval, WhatIsNotKnownNeverPermitsAndNeverLiftsADenial) {
  for (const Fact& fact : kFacts) {
    for (int i = 0; i < 5; ++i) {
      const auto effect = static_cast<Effect>(i);
      const int if_unknown = effect == Effect::kDeny ? 0 : -1;
      EXPECT_EQ(rule_that_decides(fact, fact.unmet, effect), -1) << fact.name << " " << word(effect);
      EXPECT_EQ(rule_that_decides(fact, fact.unknown, effect), if_unknown) << fact.name << " " << word(effect);
      EXPECT_EQ(rule_that_decides(fact, fact.met, effect), 0) << fact.name << " " << word(effect);
    }
  }
}

TEST(PolicyEval, WhoHasNoNameIsOnNoListOfUsersWhateverTheEffect) {
  const Fact fact{"users", [](Conditions& c) { c.users = {{"*", true}}; }, nullptr, nullptr, nullptr};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(rule_that_decides(
                  fact, [](PolicyQuery& q) { q.user = ""; }, static_cast<Effect>(i)),
              -1);
    EXPECT_EQ(rule_that_decides(
                  fact, [](PolicyQuery&) {}, static_cast<Effect>(i)),
              0);
  }
}

TEST(PolicyEval, AModeWithoutTransportMeetsNoRuleThatNamesOneNotEvenADenial) {
  Policy policy;
  policy.rules.resize(1);
  policy.rules[0].conditions.transports = Vias(1);
  EXPECT_EQ(evaluate(policy, {"u", "p", Mode::kCli, at(1, 1, 0, 0, 0)}).rule_index, -1);
  EXPECT_EQ(evaluate(policy, {"u", "p", Mode::kServer, at(1, 1, 0, 0, 0)}).rule_index, 0) << "there it is unknown";
}

TEST(PolicyEval, ARuleThatNamesEveryTransportHoldsInNoModeWithoutOne) {
  for (const Effect effect : {Effect::kAllow, Effect::kDeny}) {
    Policy policy;
    policy.rules.resize(1);
    policy.rules[0].effect = effect;
    policy.rules[0].conditions.transports = Vias().set();
    for (const Mode mode : {Mode::kCli, Mode::kCredentialProcess}) {
      const PolicyQuery query{"u", "p", mode, at(1, 1, 0, 0, 0)};
      EXPECT_EQ(evaluate(policy, query).rule_index, -1) << word(mode) << " " << word(effect);
    }
    PolicyQuery query{"u", "p", Mode::kServer, at(1, 1, 0, 0, 0)};
    for (const Via via : {Via::kUnix, Via::kTcp}) {
      query.transport = via;
      EXPECT_EQ(evaluate(policy, query).rule_index, 0) << word(via) << " " << word(effect);
    }
  }
}

TEST(PolicyEval, AGlobIsOneOnlyWhereItIsMarked) {
  Policy policy;
  policy.rules.resize(1);
  policy.rules[0].effect = Effect::kAllow;
  const PolicyQuery query{"u", "prod-eu", Mode::kServer, at(1, 1, 0, 0, 0)};
  policy.rules[0].conditions.profiles = {{"prod-*", false}};
  EXPECT_FALSE(evaluate(policy, query).allowed);
  policy.rules[0].conditions.profiles = {{"prod-*", true}};
  EXPECT_TRUE(evaluate(policy, query).allowed);
}

// ---- the device

constexpr char kDemand[] = ", device: { require_encryption: true }";

TEST(PolicyEval, ADemandOnAnUnknownDeviceIsNeverMetByAnyEffectThatCouldAllow) {
  for (const char* effect : {"allow", "require_server", "require_approval", "require_server_session"}) {
    const Verdict verdict = decide(rule("a", effect, kDemand));
    EXPECT_FALSE(verdict.allowed) << effect;
    EXPECT_EQ(verdict.rule_index, -1);
    EXPECT_EQ(verdict.reason, "no matching rule: rule \"a\" does not match, device: nothing is known of it");
  }
}

TEST(PolicyEval, ADemandThatDemandsNothingIsNone) {
  EXPECT_TRUE(decide(rule("a", "allow", ", device: { require_mdm: false }")).allowed);
}

TEST(PolicyEval, AnUnmetDemandLiftsADenialEvenWhereAnotherIsUnknown) {
  DeviceDemands demands;
  demands.encryption = demands.firewall = true;
  EXPECT_EQ(judge_device(demands, Posture{{}, {}, {}, false, {}, {}}), Truth::kNo);
  EXPECT_EQ(judge_device(demands, Posture{{}, {}, {}, true, {}, {}}), Truth::kUnknown);
  EXPECT_EQ(judge_device(demands, Posture{true, {}, {}, true, {}, {}}), Truth::kYes);
  EXPECT_EQ(why_not(demands, Posture{{}, {}, {}, false, {}, {}}), "the firewall is off");
}

TEST(PolicyEval, VersionsAreComparedSegmentBySegment) {
  const struct {
    const char *a, *b;
    int order;
  } cases[] = {{"14.10", "14.2", 1}, {"14", "14.2", -1},
               {"14", "14.0.0", 0},  {"6.1.0-13", "6.1.0-9", 1},
               {"10a", "10", 0},     {"a10", "0", 0},
               {"1+2", "1.2", 0},    {"007", "7", 0},
               {"1..2", "1.0.2", 0}, {"99999999999999999999", "100000000000000000000", -1},
               {"2", "10", -1}};
  for (const auto& [a, b, order] : cases) {
    const auto got = compare_versions(a, b);
    EXPECT_EQ(got < 0 ? -1 : got > 0, order) << a << " " << b;
    EXPECT_EQ(compare_versions(b, a), 0 <=> got) << a << " " << b;
  }
}

// ---- the trace

TEST(PolicyTrace, SaysOfEachRuleThatWasPassedOverWhichConditionFailedAndWhy) {
  const Policy policy = policy_file("a.yaml");
  Trace trace;
  PolicyQuery query{"okoro", "sandbox", Mode::kCli, at(2, 6, 13, 59, 0)};
  EXPECT_TRUE(evaluate(policy, query, &trace).allowed);
  ASSERT_EQ(trace.passed_over.size(), 3u);
  EXPECT_EQ(trace.passed_over[0].condition, Condition::kProfiles);
  EXPECT_EQ(trace.passed_over[0].why, "profile \"sandbox\" is not among its profiles");
  EXPECT_EQ(trace.decided_by, 3);

  trace = {};
  query.profile = "ledger-prod";
  query.mode = Mode::kServer;
  EXPECT_FALSE(evaluate(policy, query, &trace).allowed);
  ASSERT_EQ(trace.passed_over.size(), 1u);
  EXPECT_EQ(trace.passed_over[0].condition, Condition::kTime);
  EXPECT_EQ(trace.passed_over[0].why, "its window is Friday 15:00-23:59 Europe/Berlin, and it is Friday 14:59 there");
  EXPECT_EQ(trace.decided_by, 1);
}

TEST(PolicyTrace, SaysForEachConditionWhyItFailed) {
  for (const Fact& fact : kFacts) {
    for (const auto& state : {fact.unmet, fact.unknown}) {
      Policy policy;
      policy.rules.resize(1);
      policy.rules[0].effect = Effect::kAllow;
      fact.condition(policy.rules[0].conditions);
      PolicyQuery query{"u", "p", Mode::kServer, at(1, 1, 0, 0, 0)};
      state(query);
      Trace trace;
      evaluate(policy, query, &trace);
      ASSERT_EQ(trace.passed_over.size(), 1u) << fact.name;
      EXPECT_EQ(trace.passed_over[0].unknown, state == fact.unknown) << fact.name;
      EXPECT_EQ(trace.passed_over[0].why.find("known") != std::string::npos, state == fact.unknown)
          << trace.passed_over[0].why;
      EXPECT_EQ(trace.decided_by, -1);
    }
  }
}

TEST(PolicyTrace, ADenialSaysWhatItTookForGranted) {
  Trace trace;
  EXPECT_FALSE(evaluate(policy_from("version: 1\nrules:\n" + rule("a", "deny", kDemand)),
                        {"u", "p", Mode::kServer, at(1, 1, 0, 0, 0)}, &trace)
                   .allowed);
  EXPECT_EQ(trace.decided_by, 0);
  ASSERT_EQ(trace.assumed.size(), 1u);
  EXPECT_EQ(trace.assumed[0], "device: nothing is known of it");
}

// ---- properties

// Whatever the rules, an answer of yes has a first matching rule with an effect that allows in this mode.
TEST(PolicyEval, NothingIsAllowedButByTheFirstMatchAndAnAllowingEffect) {
  std::mt19937 random(20261121);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 20'000; ++round) {
    Policy policy;
    const int rules = pick(6);
    for (int i = 0; i < rules; ++i) {
      Rule r;
      r.name = std::to_string(i);
      r.effect = static_cast<Effect>(pick(5));
      if (pick(2)) r.conditions.profiles = {pick(2) ? "p" : "q"};
      if (pick(2)) r.conditions.users = {pick(2) ? "u" : "v"};
      if (pick(3) == 0) r.conditions.modes = Modes(static_cast<unsigned>(1 + pick(7)));
      r.conditions.device.firewall = pick(8) == 0;
      policy.rules.push_back(r);
    }
    const PolicyQuery query{"u", "p", kAllModes[pick(3)], at(1, 1, 0, 0, 0)};
    const Verdict verdict = evaluate(policy, query);
    int first = -1;
    for (int i = 0; i < rules && first < 0; ++i) {
      const Rule& r = policy.rules[static_cast<std::size_t>(i)];
      const Conditions& c = r.conditions;
      const bool names = (c.profiles.empty() || c.profiles[0] == "p") && (c.users.empty() || c.users[0] == "u");
      const bool device = !c.device.firewall || r.effect == Effect::kDeny;
      if (names && device && c.modes[static_cast<std::size_t>(query.mode)]) first = i;
    }
    ASSERT_EQ(verdict.rule_index, first);
    const Effect effect = first < 0 ? Effect::kDeny : policy.rules[static_cast<std::size_t>(first)].effect;
    const bool server = query.mode == Mode::kServer;
    ASSERT_EQ(verdict.allowed, effect == Effect::kAllow || (effect == Effect::kRequireServer && server));
    ASSERT_EQ(verdict.allowed, verdict.effect == "allow");
    ASSERT_TRUE(verdict.allowed || !verdict.reason.empty());
  }
}

}  // namespace
}  // namespace broker
