// Which credentials are kept, and that those of other terms have another name.
#include "issuing/kept_keys.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "sources/kept_role_keys.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

struct Terms {
  ResolvedProfile profile;
  Run run;
  IssueTerms terms;
  Verdict verdict;
  [[nodiscard]] std::optional<SessionName> name() const { return name_of_kept_keys(profile, run, terms, verdict); }
};

void fill(Terms& all) {
  all.profile.name = "ledger prod";
  all.profile.base_profile = "marta";
  RoleStep role;
  role.profile = "ledger prod";
  role.role_arn = "arn:aws:iam::111122223333:role/ledger";
  all.profile.chain.push_back(role);
  all.run.principal.arn = "arn:aws:iam::111122223333:user/marta";
  all.terms.user = "marta";
  all.terms.lifetime.granted = all.terms.lifetime.asked = 1h;
  all.verdict.rule = "the-rule";
  all.verdict.policy_sha256 = std::string(64, 'a');
}

Narrowing& narrowing_of(Terms& all, Narrowing& kept) {
  all.terms.narrowing = std::shared_ptr<const Narrowing>(&kept, [](const Narrowing*) {});
  return kept;
}

TEST(KeptKeysTest, WhatMustEndBeforeAwsEndsItAndWhatNoRoleGaveIsNotKept) {
  Narrowing narrowing;
  const std::function<void(Terms&)> changes[] = {
      [](Terms& all) { all.terms.no_later_than = std::chrono::sys_seconds(1s); },
      [](Terms& all) { all.terms.lifetime.hard_end = true; },
      [](Terms& all) { all.verdict.requires_session_tracking = true; },
      [](Terms& all) { all.verdict.session_table = "sessions"; },
      [&](Terms& all) { narrowing_of(all, narrowing).hard_expiry = 5min; },
      [](Terms& all) { all.profile.chain.clear(); },
      [](Terms& all) { all.run.principal.arn.clear(); },
  };
  for (const auto& change : changes) {
    Terms all;
    fill(all);
    ASSERT_TRUE(all.name());
    change(all);
    EXPECT_FALSE(all.name());
  }
}

TEST(KeptKeysTest, OtherTermsHaveAnotherName) {
  Narrowing narrowing;
  const std::function<void(Terms&)> changes[] = {
      [](Terms&) {},
      [](Terms& all) { all.profile.name = "ledger"; },
      [](Terms& all) { all.profile.base_profile = "otto"; },
      [](Terms& all) { all.profile.sts.url = "https://sts.other"; },
      [](Terms& all) {
        all.profile.mfa = MfaPlan{"arn:mfa", "", "marta", ""};
      },
      [](Terms& all) { all.profile.chain.back().external_id = "x"; },
      [](Terms& all) {
        all.profile.chain.back().tags = {{"a", "b"}};
      },
      [](Terms& all) { all.profile.chain.insert(all.profile.chain.begin(), all.profile.chain.back()); },
      [](Terms& all) { all.run.principal.arn += "2"; },
      [](Terms& all) { all.terms.user = "otto"; },
      [](Terms& all) { all.terms.marker = "approval"; },
      [](Terms& all) { all.terms.source_identity = SourceIdentity::kIfAllowed; },
      [](Terms& all) { all.terms.lifetime.granted = all.terms.lifetime.asked = 30min; },
      [](Terms& all) { all.verdict.rule = "another"; },
      [](Terms& all) { all.verdict.rule_index = 3; },
      [](Terms& all) { all.verdict.policy_sha256 = std::string(64, 'b'); },
      [&](Terms& all) { narrowing_of(all, narrowing).managed_policies = {"arn:aws:iam::aws:policy/ReadOnlyAccess"}; },
      [&](Terms& all) { narrowing_of(all, narrowing).source_ips = {"10.0.0.0/8"}; },
      [&](Terms& all) {
        narrowing_of(all, narrowing).tags = {{"a", "b"}};
      },
  };
  std::set<std::string> digests;
  for (const auto& change : changes) {
    Terms all;
    fill(all);
    change(all);
    const auto name = all.name();
    ASSERT_TRUE(name);
    EXPECT_TRUE(digests.insert(name->base_key_id + name->serial).second) << "two changes have one name";
  }
}

TEST(KeptKeysTest, TheNameSaysRoleAndProfile) {
  Terms all;
  fill(all);
  const auto name = all.name();
  ASSERT_TRUE(name);
  EXPECT_EQ(role_keys_role(*name), "arn:aws:iam::111122223333:role/ledger");
  EXPECT_EQ(role_keys_profile(*name), "ledger prod");
  EXPECT_TRUE(name->base_key_id.starts_with(kTermsMark));
  EXPECT_EQ(name->duration, 1h);
}

TEST(KeptKeysTest, ASessionIsOfItsOwnRoleAlone) {
  constexpr char kRole[] = "arn:aws:iam::111122223333:role/team/ledger";
  for (const char* const arn :
       {"", "arn:aws:sts::111122223333:assumed-role/ledger", "arn:aws:sts::111122223333:assumed-role/ledger/",
        "arn:aws:sts::444455556666:assumed-role/ledger/x", "arn:aws:sts::111122223333:assumed-role/ledger2/x",
        "arn:aws-cn:sts::111122223333:assumed-role/ledger/x", "arn:aws:iam::111122223333:user/ledger",
        "arn:aws:sts::111122223333:federated-user/ledger/x"}) {
    EXPECT_FALSE(is_session_of(arn, kRole)) << arn;
  }
  EXPECT_TRUE(is_session_of("arn:aws:sts::111122223333:assumed-role/ledger/sentinel-marta", kRole));
  EXPECT_FALSE(is_session_of("arn:aws:sts::111122223333:assumed-role//x", "arn:aws:iam::111122223333:role/"));
}

}  // namespace
}  // namespace broker
