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

// ---- source_identity

std::string with_identity(const std::string& word, const std::string& effect = "allow", const std::string& more = "") {
  return "version: 1\nrules:\n  - name: r\n    effect: " + effect +
         "\n    conditions: { profiles: [q] }\n    source_identity: " + word + "\n" + more;
}

TEST(PolicySourceIdentity, OddWordsAreRefused) {
  for (const char* word :
       {"Required", "if-allowed", "if_allowd", "true", "false", "no", "none", "~", "\"\"", "[off]", "OFF"})
    EXPECT_FALSE(load_policy(with_identity(word), "test")) << word;
}

// A session without a name must not be wider than its rule, nor without its approval's mark.
TEST(PolicySourceIdentity, WhatNeedsTheNameCannotDoWithoutIt) {
  const std::string session =
      "    restrict: { session_policy: { Version: \"2012-10-17\", Statement: [{ Effect: Allow, Action: \"*\", "
      "Resource: ";
  const std::string by_key =
      session + "\"*\", Condition: { StringNotLike: { \"AWS:sourceIDENTITY\": \"*eve*\" } } }] } }\n";
  const std::string by_variable = session + "\"arn:aws:s3:::b/${aws:SourceIdentity}/*\" }] } }\n";
  for (const char* word : {"if_allowed", "off"}) {
    for (const std::string& text : {with_identity(word, "deny"), with_identity(word, "require_approval"),
                                    with_identity(word, "allow", by_key), with_identity(word, "allow", by_variable)}) {
      const auto policy = load_policy(text, "test");
      ASSERT_FALSE(policy) << text;
      EXPECT_THAT(policy.error().what,
                  HasSubstr("test:6:5: rule \"r\": \"source_identity: " + std::string(word) + "\" stands"));
      EXPECT_THAT(policy.error().next_step, HasSubstr("take it out"));
    }
  }
  for (const std::string& text :
       {with_identity("required", "require_approval"), with_identity("required", "allow", by_key)})
    EXPECT_TRUE(load_policy(text, "test")) << text;
}

TEST(PolicySourceIdentity, EachWordIsItselfAndRequiredIsTheRest) {
  for (const std::string_view identity : kSourceIdentityWords) {
    const auto policy = load_policy(with_identity(std::string(identity)), "test");
    ASSERT_TRUE(policy) << policy.error().what;
    EXPECT_EQ(word(policy->rules[0].source_identity), identity);
  }
  EXPECT_EQ(load_policy(with_effect("allow"), "test")->rules[1].source_identity, SourceIdentity::kRequired);
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
