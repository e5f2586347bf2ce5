// A rule whose effect, key, zone or window is not what the schema says makes the whole policy unusable.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "policy/yaml/load.h"

namespace broker {
namespace {

using ::testing::HasSubstr;

std::string with_effect(const std::string& yaml) {
  return "version: 1\nrules:\n  - name: good\n    effect: deny\n    conditions: { profiles: [p] }\n"
         "  - name: odd\n    effect: " +
         yaml + "\n    conditions: { profiles: [q] }\n";
}

TEST(PolicyEffect, OddStringsAreNoEffects) {
  for (const char* effect : {"Allow",
                             "ALLOW",
                             "\"allow \"",
                             "\" allow\"",
                             "\"al low\"",
                             "allowed",
                             "allo",
                             "\"\"",
                             "~",
                             "true",
                             "1",
                             "permit",
                             "Deny",
                             "denied",
                             "\"deny\\t\"",
                             "require-server",
                             "require_Server",
                             "requireserver",
                             "\"require server\"",
                             "require_approvals",
                             "REQUIRE_APPROVAL",
                             "require_server_sessions",
                             "require_",
                             "\"allow,deny\"",
                             "\"allow\\0\"",
                             "\"\xD0\xB0llow\"",
                             "{ allow: true }",
                             "[deny]"}) {
    EXPECT_FALSE(load_policy(with_effect(effect), "test")) << effect;
  }
}

TEST(PolicyEffect, TheFiveWordsAreEffectsAndEachIsItself) {
  std::set<Effect> seen;
  for (const std::string_view effect : kEffectWords) {
    const auto policy = load_policy(with_effect(std::string(effect)), "test");
    ASSERT_TRUE(policy) << policy.error().what;
    EXPECT_EQ(word(policy->rules[1].effect), effect);
    seen.insert(policy->rules[1].effect);
  }
  EXPECT_EQ(seen.size(), 5u);
}

// Also where the rule before it would have decided; half a policy is never used.
TEST(PolicyEffect, OneOddRuleRefusesThePolicyWhole) {
  for (const auto& [condition, why] :
       {std::pair{"profiles: [q], user: [u]", "unknown key \"user\""},
        std::pair{"time: { timezone: Mars/Base }", "unknown time zone"},
        std::pair{"time: { hours: { start: \"22:00\", end: \"06:00\" } }", "hours end before they start"}}) {
    const auto policy = load_policy(
        "version: 1\nrules:\n  - name: good\n    effect: allow\n    conditions: { "
        "profiles: [p] }\n  - name: odd\n    effect: deny\n    conditions: { " +
            std::string(condition) + " }\n",
        "test");
    ASSERT_FALSE(policy) << condition;
    EXPECT_THAT(policy.error().what, HasSubstr(why));
    EXPECT_THAT(policy.error().what, HasSubstr("rule \"odd\""));
  }
}

}  // namespace
}  // namespace broker
