// What lint says must be true: a rule that it calls dead never decides any question, out of tens of thousands; and the
// mistakes that people make are found, each in its smallest form.
#include "study/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "policy/evaluate.h"
#include "policy/time_window.h"
#include "study/overlap.h"

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"  // a condition that is not named is not set

namespace broker {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Rule rule(std::string name, Effect effect, Conditions conditions) {
  Rule out;
  out.name = std::move(name);
  out.effect = effect;
  out.conditions = std::move(conditions);
  return out;
}

Policy policy_of(std::vector<Rule> rules) {
  Policy policy;
  policy.rules = std::move(rules);
  for (std::size_t i = 0; i < policy.rules.size(); ++i) policy.rules[i].line = static_cast<int>(i) + 1;
  return policy;
}

const date::time_zone* zone(const char* name) { return find_zone(name).value(); }

TimeWindow window(Weekdays days, int start, int end, const char* where = "Europe/Berlin") {
  TimeWindow out;
  out.days = days;
  out.start_minute = start;
  out.end_minute = end;
  out.overnight = end < start;
  out.zone = zone(where);
  return out;
}

Weekdays day(int weekday) { return Weekdays().set(static_cast<std::size_t>(weekday)); }
Modes only(Mode mode) { return Modes().set(static_cast<std::size_t>(mode)); }
Vias only(Via via) { return Vias().set(static_cast<std::size_t>(via)); }

// "shadowed-rule of b", for each finding that is more than a hint.
std::vector<std::string> faults(const Policy& policy) {
  std::vector<std::string> out;
  for (const Finding& each : lint_policy(policy)) {
    if (row(each.kind).severity == Severity::kHint) continue;
    out.push_back(std::string(row(each.kind).word) + " of " + each.rule);
  }
  return out;
}

std::vector<std::string> hints(const Policy& policy) {
  std::vector<std::string> out;
  for (const Finding& each : lint_policy(policy)) {
    if (row(each.kind).severity == Severity::kHint) out.emplace_back(row(each.kind).word);
  }
  return out;
}

bool is_dead(FindingKind kind) {
  return kind == FindingKind::kDuplicate || kind == FindingKind::kShadowed || kind == FindingKind::kCovered ||
         kind == FindingKind::kNobody;
}

// ---- globs, compared by what they match

TEST(NameSets, AGlobCoversWhatItMatchesAndNothingElse) {
  const auto covers_it = [](NamePattern wide, NamePattern narrow) {
    return covers(names_of({wide}), names_of({narrow}));
  };
  EXPECT_EQ(Proof::kYes, covers_it({"prod-*", true}, {"prod-*-db", true}));
  EXPECT_EQ(Proof::kNo, covers_it({"prod-*-db", true}, {"prod-*", true}));
  EXPECT_EQ(Proof::kYes, covers_it({"*", true}, {"a?c", true}));
  EXPECT_EQ(Proof::kNo, covers_it({"a?c", true}, {"a*c", true}));
  EXPECT_EQ(Proof::kYes, covers_it({"*a*b*", true}, {"*ab*", true}));
  EXPECT_EQ(Proof::kNo, covers_it({"*a*a*", true}, {"*a*", true}));
  EXPECT_EQ(Proof::kNo, covers_it({"prod-*"}, {"prod-1"})) << "without the mark a star is a star";
}

TEST(NameSets, SeveralNamesTogetherCoverAGlobOnlyWhenNothingIsLeft) {
  const NameSet all_but_x = {{}, {"x"}, false};
  EXPECT_EQ(Proof::kNo, covers(all_but_x, names_of({{"?", true}})));
  EXPECT_EQ(Proof::kYes, covers(all_but_x, names_of({{"??", true}})));
  EXPECT_EQ(Proof::kYes, covers(names_of({{"a*", true}, {"?b*", true}}), names_of({{"ab*", true}})));
  EXPECT_EQ(Proof::kYes, is_empty({{{"prod-*", true}}, {{"p*", true}}, false}));
  EXPECT_EQ(Proof::kNo, is_empty({{{"p*", true}}, {{"prod-*", true}}, false}));
}

TEST(NameSets, AnUnknownNameCountsLikeAnyOther) {
  EXPECT_EQ(Proof::kNo, covers({{{"*", true}}, {}, false}, {{}, {}, true}));
  EXPECT_EQ(Proof::kYes, covers({{{"*", true}}, {}, false}, {{}, {}, false}));
}

// What the comparison says must agree with the names themselves, over all short ones.
TEST(NameSets, AgreesWithEveryShortName) {
  std::mt19937 random(20260131);
  std::vector<std::string> names;
  for (const char* alphabet = "abc"; names.size() < 3 + 9 + 27 + 81;) {
    const std::size_t made = names.size();
    const std::size_t from = made == 0 ? 0 : made == 3 ? 0 : made == 12 ? 3 : 12;
    std::vector<std::string> longer;
    for (std::size_t i = from; i < std::max<std::size_t>(made, 1); ++i) {
      for (const char* c = alphabet; *c != '\0'; ++c) longer.push_back((made == 0 ? "" : names[i]) + *c);
    }
    names.insert(names.end(), longer.begin(), longer.end());
  }
  const auto pattern = [&] {
    std::string text;
    for (std::size_t i = random() % 3 + 1; i > 0; --i) text += "ab*?"[random() % 4];
    return NamePattern(text, text.find_first_of("*?") != std::string::npos);
  };
  const auto set = [&] {
    NameSet out{{}, {}, false};
    for (std::size_t i = random() % 3; i > 0; --i) out.in.push_back(pattern());
    for (std::size_t i = random() % 2; i > 0; --i) out.out.push_back(pattern());
    return out;
  };
  int covered = 0, apart = 0;
  for (int round = 0; round < 3000; ++round) {
    const NameSet a = set(), b = set();
    const bool every = std::ranges::all_of(names, [&](const auto& each) { return !takes(b, each) || takes(a, each); });
    const bool some = std::ranges::any_of(names, [&](const auto& each) { return takes(a, each) && takes(b, each); });
    EXPECT_TRUE(every || covers(a, b) == Proof::kNo);
    EXPECT_TRUE(!some || share(a, b) == Proof::kYes);
    covered += covers(a, b) == Proof::kYes;
    apart += share(a, b) == Proof::kNo;
  }
  EXPECT_GT(covered, 100);
  EXPECT_GT(apart, 100);
}

// ---- the property: dead rules are dead

struct World {
  std::mt19937 random;
  std::size_t below(std::size_t bound) { return random() % bound; }
  bool chance(int percent) { return static_cast<int>(random() % 100) < percent; }

  template <class T>
  std::vector<T> some(const std::vector<T>& of, int percent_none) {
    std::vector<T> out;
    if (chance(percent_none)) return out;
    for (const T& each : of) {
      if (chance(40)) out.push_back(each);
    }
    return out;
  }

  Conditions conditions() {
    Conditions out;
    const std::vector<NamePattern> profiles{"a", "ab", "b", {"a*", true}, {"*", true}, {"?b", true}};
    const std::vector<NamePattern> users{"u", "uv", {"u*", true}, {"?v", true}};
    out.profiles = some(profiles, 30);
    out.not_profiles = some(profiles, 80);
    out.users = some(users, 60);
    out.not_users = some(users, 80);
    out.arns = some(std::vector<NamePattern>{"arn:1", {"arn:*", true}}, 80);
    out.accounts = some(std::vector<std::string>{"111111111111", "222222222222"}, 80);
    out.groups = some(std::vector<std::string>{"wheel", "staff"}, 80);
    if (chance(40)) out.modes = Modes(below(7) + 1);
    if (chance(20)) out.transports = Vias(below(3) + 1);
    if (chance(40)) {
      const int start = static_cast<int>(below(4)) * 360;
      int end = static_cast<int>(below(5)) * 360;
      if (end == start || (end == 0 && start > 0)) end = TimeWindow::kDay;
      out.time = window(Weekdays(chance(50) ? 127 : below(127) + 1), start, end, chance(80) ? "Europe/Berlin" : "UTC");
    }
    if (chance(20)) out.device.encryption = true;
    if (chance(15)) out.device.min_os_version = chance(50) ? "14.2" : "14.10";
    if (chance(15)) out.device.os_types = OsTypes(below(7) + 1);
    return out;
  }

  Policy policy() {
    std::vector<Rule> rules;
    for (std::size_t i = 2 + below(4); i > 0; --i) {
      rules.push_back(rule("r" + std::to_string(i), static_cast<Effect>(below(5)), conditions()));
    }
    return policy_of(std::move(rules));
  }

  PolicyQuery query() {
    PolicyQuery out;
    const char* const users[] = {"u", "uv", "v", "xv", "uw", ""};
    const char* const profiles[] = {"a", "ab", "b", "bb", "c", "abc"};
    out.user = users[below(std::size(users))];
    out.profile = profiles[below(std::size(profiles))];
    out.mode = static_cast<Mode>(below(3));
    if (out.mode == Mode::kServer) out.transport = static_cast<Via>(below(2));
    const auto january = std::chrono::sys_days(std::chrono::year(2026) / 1 / 4);
    const auto march = std::chrono::sys_days(std::chrono::year(2026) / 3 / 26);  // the clocks change on the 29th
    out.now = (chance(50) ? january : march) + std::chrono::minutes(below(7 * 24 * 4) * 15);
    if (chance(50)) out.account = chance(50) ? "111111111111" : "333333333333";
    if (chance(50)) out.arn = chance(50) ? "arn:1" : "arn:2";
    if (chance(60)) out.groups = some(std::vector<std::string>{"wheel", "staff", "other"}, 20);
    if (chance(60)) {
      Posture posture;
      if (chance(70)) posture.encrypted = chance(70);
      if (chance(70)) posture.os_version = chance(50) ? "14.5" : "14.10";
      if (chance(70)) posture.os_type = static_cast<OsType>(below(3));
      out.posture = posture;
    }
    return out;
  }
};

TEST(LintProperty, ARuleThatIsCalledDeadDecidesNothing) {
  int dead = 0, alive = 0;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    World world{std::mt19937(seed)};
    const Policy policy = world.policy();
    std::vector<bool> decides(policy.rules.size());
    for (int i = 0; i < 10'000; ++i) {
      const Verdict verdict = evaluate(policy, world.query());
      if (verdict.rule_index >= 0) decides[static_cast<std::size_t>(verdict.rule_index)] = true;
    }
    std::vector<bool> called(policy.rules.size());
    for (const Finding& each : lint_policy(policy)) {
      if (is_dead(each.kind)) called[static_cast<std::size_t>(each.line - 1)] = true;
    }
    for (std::size_t i = 0; i < policy.rules.size(); ++i) {
      EXPECT_FALSE(called[i] && decides[i]) << "seed " << seed << ", rule " << i;
      dead += called[i];
      alive += decides[i];
    }
  }
  EXPECT_GT(dead, 40) << "the random policies hold too few dead rules to show anything";
  EXPECT_GT(alive, 150);
}

TEST(LintProperty, AnOverlapThatIsClaimedExists) {
  int met = 0;
  for (unsigned seed = 1000; seed < 1200; ++seed) {
    World world{std::mt19937(seed)};
    Rule one = rule("one", Effect::kAllow, world.conditions());
    Rule other = rule("other", Effect::kDeny, world.conditions());
    bool both = false;
    for (int i = 0; i < 20'000 && !both; ++i) {
      const PolicyQuery query = world.query();
      both = evaluate(policy_of({one}), query).rule_index == 0 && evaluate(policy_of({other}), query).rule_index == 0;
    }
    EXPECT_TRUE(!both || can_meet(one, other)) << "seed " << seed;
    met += both;
  }
  EXPECT_GT(met, 30);
}

// ---- what it must find

TEST(Lint, FindsNothingInAPolicyThatIsMeant) {
  EXPECT_THAT(
      faults(policy_of({rule("freeze", Effect::kDeny, {.profiles = {"prod"}, .time = window(day(5), 900, 1440)}),
                        rule("prod", Effect::kAllow, {.profiles = {"prod"}, .users = {"marta"}}),
                        rule("others", Effect::kRequireApproval, {.profiles = {"prod"}})})),
      IsEmpty());
}

TEST(Lint, OverlapAloneIsNoShadow) {
  EXPECT_THAT(faults(policy_of({rule("a", Effect::kAllow, {.profiles = {"p", "q"}, .users = {"marta"}}),
                                rule("b", Effect::kAllow, {.profiles = {"q", "r"}})})),
              IsEmpty());
}

TEST(Lint, FindsARuleThatAnEarlierOneLeavesNothing) {
  EXPECT_THAT(faults(policy_of({rule("a", Effect::kAllow, {.profiles = {{"prod-*", true}}}),
                                rule("b", Effect::kDeny, {.profiles = {"prod-db"}, .users = {"marta"}})})),
              ElementsAre("shadowed-rule of b"));
  EXPECT_THAT(faults(policy_of({rule("a", Effect::kDeny, {.not_profiles = {"sandbox"}}),
                                rule("b", Effect::kAllow, {.profiles = {"prod"}})})),
              ElementsAre("shadowed-rule of b"));
}

TEST(Lint, FindsADuplicateUnderAnotherName) {
  EXPECT_THAT(faults(policy_of({rule("a", Effect::kAllow, {.profiles = {"p", "q"}}),
                                rule("b", Effect::kDeny, {.profiles = {"q", "p"}})})),
              ElementsAre("duplicate-rule of b"));
}

TEST(Lint, AWindowShadowsOnlyWhatLiesWithinIt) {
  const auto with = [](std::optional<TimeWindow> first, std::optional<TimeWindow> second) {
    return faults(policy_of({rule("a", Effect::kDeny, {.profiles = {"p"}, .time = first}),
                             rule("b", Effect::kAllow, {.profiles = {"p"}, .time = second})}));
  };
  EXPECT_THAT(with(window(day(5), 540, 1080), window(day(5), 600, 660)), ElementsAre("shadowed-rule of b"));
  EXPECT_THAT(with(window(day(5), 540, 1080), window(day(5), 600, 1081)), IsEmpty());
  EXPECT_THAT(with(window(day(5), 540, 1080), window(day(5), 600, 660, "UTC")), IsEmpty());
  EXPECT_THAT(with(window(Weekdays().set(), 0, 1440, "UTC"), window(day(5), 600, 660)),
              ElementsAre("shadowed-rule of b"));
  EXPECT_THAT(with(window(day(5), 1320, 360), window(day(6), 0, 300)), ElementsAre("shadowed-rule of b"))
      << "Friday's night goes on to Saturday 06:00";
  EXPECT_THAT(with(window(day(5), 1320, 360), window(day(6), 0, 361)), IsEmpty());
}

TEST(Lint, FindsARuleThatSeveralCoverTogether) {
  const auto mode = [](const char* name, Mode which) {
    return rule(name, Effect::kAllow, {.profiles = {"p"}, .modes = only(which)});
  };
  EXPECT_THAT(faults(policy_of({mode("a", Mode::kServer), mode("b", Mode::kCli), mode("c", Mode::kCredentialProcess),
                                rule("d", Effect::kDeny, {.profiles = {"p"}})})),
              ElementsAre("covered-rule of d"));
  EXPECT_THAT(faults(policy_of(
                  {mode("a", Mode::kServer), mode("b", Mode::kCli), rule("d", Effect::kDeny, {.profiles = {"p"}})})),
              IsEmpty());
  EXPECT_THAT(faults(policy_of(
                  {rule("day", Effect::kAllow, {.profiles = {"p"}, .time = window(Weekdays().set(), 360, 1320)}),
                   rule("evening", Effect::kAllow, {.profiles = {"p"}, .time = window(Weekdays().set(), 1320, 1440)}),
                   rule("night", Effect::kAllow, {.profiles = {"p"}, .time = window(Weekdays().set(), 0, 360)}),
                   rule("rest", Effect::kDeny, {.profiles = {"p"}, .users = {"u"}})})),
              ElementsAre("covered-rule of rest"));
  EXPECT_THAT(
      faults(policy_of({rule("a", Effect::kAllow, {.profiles = {"p"}}), rule("b", Effect::kAllow, {.profiles = {"q"}}),
                        rule("both", Effect::kDeny, {.profiles = {"p", "q"}})})),
      ElementsAre("covered-rule of both"));
}

TEST(Lint, ARuleThatNamesEveryTransportLeavesTheModesWithoutOneToTheNext) {
  const auto both = Vias().set();
  EXPECT_THAT(faults(policy_of({rule("s", Effect::kAllow, {.profiles = {"p"}, .transports = both}),
                                rule("rest", Effect::kDeny, {.profiles = {"p"}})})),
              IsEmpty());
  EXPECT_THAT(faults(policy_of({rule("s", Effect::kAllow, {.profiles = {"p"}, .transports = both}),
                                rule("u", Effect::kDeny, {.profiles = {"p"}, .transports = only(Via::kUnix)})})),
              ElementsAre("shadowed-rule of u"));
}

TEST(Lint, TheTwoTransportsAreAllOfServerMode) {
  EXPECT_THAT(faults(policy_of({rule("u", Effect::kAllow, {.profiles = {"p"}, .transports = only(Via::kUnix)}),
                                rule("t", Effect::kAllow, {.profiles = {"p"}, .transports = only(Via::kTcp)}),
                                rule("s", Effect::kDeny, {.profiles = {"p"}, .modes = only(Mode::kServer)})})),
              ElementsAre("covered-rule of s"));
}

TEST(Lint, ADemandOnTheDeviceShadowsOnlyASharperOne) {
  const auto with = [](DeviceDemands first, DeviceDemands second) {
    return faults(policy_of({rule("a", Effect::kAllow, {.profiles = {"p"}, .device = first}),
                             rule("b", Effect::kAllow, {.profiles = {"p"}, .device = second})}));
  };
  const DeviceDemands disk{.encryption = true}, both{.encryption = true, .firewall = true};
  EXPECT_THAT(with(disk, both), ElementsAre("shadowed-rule of b"));
  EXPECT_THAT(with(both, disk), IsEmpty());
  EXPECT_THAT(with({.min_os_version = "14.2"}, {.min_os_version = "14.10"}), ElementsAre("shadowed-rule of b"));
  EXPECT_THAT(with({.min_os_version = "14.10"}, {.min_os_version = "14.2"}), IsEmpty());
}

TEST(Lint, FindsConditionsThatContradictOneAnother) {
  EXPECT_THAT(faults(policy_of({rule("a", Effect::kAllow, {.profiles = {"p"}, .not_profiles = {{"p*", true}}})})),
              Contains("nobody-matches of a"));
  EXPECT_THAT(faults(policy_of({rule("a", Effect::kAllow, {.profiles = {"p"}, .users = {"u"}, .not_users = {"u"}})})),
              ElementsAre("nobody-matches of a"));
  EXPECT_THAT(faults(policy_of({rule("a", Effect::kAllow,
                                     {.profiles = {"p"}, .modes = only(Mode::kCli), .transports = only(Via::kUnix)})})),
              ElementsAre("nobody-matches of a"));
  EXPECT_THAT(faults(policy_of({rule("a", Effect::kRequireServer, {.profiles = {"p"}, .modes = only(Mode::kCli)})})),
              ElementsAre("never-permits of a"));
}

TEST(Lint, FindsCapsThatRefuse) {
  Rule capped = rule("a", Effect::kAllow, {.profiles = {"p"}});
  capped.max_server_duration = 899s;
  EXPECT_THAT(faults(policy_of({capped})), ElementsAre("cap-too-short of a"));
  capped.max_server_duration = 900s;
  EXPECT_THAT(faults(policy_of({capped})), IsEmpty());
  capped.max_duration = 60s;
  EXPECT_THAT(faults(policy_of({capped})), ElementsAre("cap-too-short of a"));
  Narrowing narrowing;
  narrowing.hard_expiry = 60s;
  capped.narrowing = std::make_shared<Narrowing>(narrowing);
  EXPECT_THAT(faults(policy_of({capped})), IsEmpty()) << "AWS itself ends it";
}

TEST(Lint, FindsWhatIsProbablyNotMeant) {
  EXPECT_THAT(faults(policy_of({rule("a", Effect::kDeny, {.profiles = {"p"}, .time = window(day(5), 900, 1439)})})),
              ElementsAre("last-minute-open of a"));
  EXPECT_THAT(faults(policy_of({rule("a", Effect::kDeny, {.profiles = {"p"}, .device = {.encryption = true}})})),
              ElementsAre("device-on-deny of a"));
  EXPECT_THAT(
      faults(policy_of({rule("a", Effect::kAllow, {.profiles = {{"prod-*", true}}, .not_profiles = {"porod-db"}})})),
      ElementsAre("idle-exception of a"));
  Rule narrowed = rule("a", Effect::kDeny, {.profiles = {"p"}});
  narrowed.max_duration = 3600s;
  EXPECT_THAT(faults(policy_of({narrowed})), ElementsAre("idle-key of a"));
}

TEST(Lint, HintsAtOrderAndBreadth) {
  EXPECT_THAT(hints(policy_of({rule("a", Effect::kAllow, {.profiles = {"p"}, .users = {"u"}}),
                               rule("b", Effect::kDeny, {.profiles = {"p"}})})),
              ElementsAre("allow-before-deny"));
  EXPECT_THAT(hints(policy_of({rule("a", Effect::kAllow, {.profiles = {"p"}, .users = {"u"}}),
                               rule("b", Effect::kDeny, {.profiles = {"p"}, .users = {"v"}})})),
              IsEmpty())
      << "the users are others";
  EXPECT_THAT(hints(policy_of({rule("a", Effect::kAllow, {.users = {"u"}})})), ElementsAre("allows-any-profile"));
  EXPECT_THAT(hints(policy_of({rule("a", Effect::kAllow, {.profiles = {{"p*", true}, "pq"}})})),
              ElementsAre("repeated-name"));
  Rule nameless = rule("a", Effect::kAllow, {.profiles = {"p"}});
  for (const auto word : {SourceIdentity::kIfAllowed, SourceIdentity::kOff}) {
    nameless.source_identity = word;
    EXPECT_THAT(hints(policy_of({nameless})), ElementsAre("no-source-identity"));
  }
  EXPECT_THAT(hints(policy_of({rule("a", Effect::kAllow, {.profiles = {"p"}, .time = window(day(5), 1320, 360)})})),
              ElementsAre("overnight-days"));
}

TEST(Lint, AFileThatDoesNotLoadIsAFinding) {
  const auto findings = lint_text("version: \"1\"\nrules:\n  - name: a\n    efect: allow\n", "p.yaml");
  ASSERT_EQ(1u, findings.size());
  EXPECT_EQ("unreadable", row(findings[0].kind).word);
  EXPECT_EQ(4, findings[0].line);
  EXPECT_THAT(findings[0].what, HasSubstr("efect"));
  EXPECT_THAT(findings[0].what, Not(HasSubstr("p.yaml")));
  EXPECT_TRUE(any_fault(findings));
}

TEST(Lint, EveryFaultSaysWhatToDo) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    World world{std::mt19937(seed)};
    for (const Finding& each : lint_policy(world.policy())) {
      EXPECT_FALSE(each.what.empty() || each.next_step.empty() || each.rule.empty());
      EXPECT_FALSE(each.what.ends_with('.'));
    }
  }
}

}  // namespace
}  // namespace broker
