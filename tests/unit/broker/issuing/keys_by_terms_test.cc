// Keys are found by the terms that they were issued under and by no others; and the store stays small.
#include "issuing/keys_by_terms.h"

#include <gtest/gtest.h>

#include "aws_fakes.h"
#include "issuing/chain_run.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

class KeysByTermsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    aws_.use(testing::long_term_key());
    profile_.sts = testing::endpoint();
    profile_.chain.push_back({"ledger-prod", "arn:aws:iam::111122223333:role/ledger-prod", "", 0s});
  }
  static IssueTerms terms(std::chrono::seconds granted = 900s) {
    return {"marta", "direct", {granted, granted, false}};
  }
  static std::shared_ptr<const Narrowing> only_from(const std::string& ip) {
    return std::make_shared<const Narrowing>(Narrowing{"", {}, {ip}, {}, {}, {}});
  }
  void fetch(FreshKeys* issuer) {
    issuer->get([](const ipc::Result<const IssuedCredentials*>&) {});
    aws_.http.answer(200, testing::issued("AssumeRole", "2036-01-01T00:00:00Z"));
    ASSERT_TRUE(issuer->current());
  }

  testing::FakeAws aws_;
  ResolvedProfile profile_;
  KeysByTerms store_{aws_.context, [this](const IssueTerms& terms) -> StartFetch {
                       return [this, terms](OnKeys done) {
                         return std::make_unique<RoleChainRun>(aws_.context, profile_, terms, std::move(done));
                       };
                     }};
};

// A session that is longer than the cap is not found under it.
TEST_F(KeysByTermsTest, KeysOfOtherTermsAreNeverFound) {
  IssueTerms wide = terms(3600s);
  fetch(store_.find_or_make(wide, "p"));
  std::vector<IssueTerms> others(9, wide);
  others[0].lifetime = {900s, 900s, false};           // a shorter cap
  others[1].lifetime = {3600s, 3600s, true};          // AWS ends them
  others[2].narrowing = only_from("203.0.113.0/24");  // narrower
  others[3].marker = "01234567";                      // approved
  others[4].no_later_than = aws_.context.aws_now() + 2h;
  others[5].user = "eve";
  others[6].narrowing = std::make_shared<const Narrowing>(Narrowing{"", {}, {}, {}, {{"team", "ledger"}}, {}});
  others[7].source_identity = SourceIdentity::kOff;
  others[8].source_identity = SourceIdentity::kIfAllowed;
  for (std::size_t i = 0; i < others.size(); ++i) {
    EXPECT_EQ(store_.find(others[i]), nullptr) << i;
    EXPECT_EQ(store_.find_or_make(others[i], "p")->current(), nullptr) << i;
  }
  EXPECT_TRUE(store_.find(wide)->current());
}

TEST_F(KeysByTermsTest, ANarrowingThatWasReadAgainIsTheSameNarrowing) {
  IssueTerms first = terms(), second = terms();
  first.narrowing = only_from("203.0.113.0/24");
  second.narrowing = only_from("203.0.113.0/24");
  EXPECT_EQ(store_.find_or_make(first, "p"), store_.find_or_make(second, "q"));
  EXPECT_EQ(store_.size(), 1u);
}

TEST_F(KeysByTermsTest, KeysThatOnlyAnEarlierPolicyAskedForGo) {
  fetch(store_.find_or_make(terms(3600s), "wide"));
  fetch(store_.find_or_make(terms(900s), "wide"));
  store_.find_or_make(terms(900s), "narrow");
  EXPECT_EQ(store_.find(terms(3600s)), nullptr);
  EXPECT_TRUE(store_.find(terms(900s))->current()) << "what both policies ask for is kept";
}

TEST_F(KeysByTermsTest, WhatIsAtWorkStaysUntilItHasAnswered) {
  int answers = 0;
  store_.find_or_make(terms(3600s), "wide")->get([&](const ipc::Result<const IssuedCredentials*>&) { ++answers; });
  store_.find_or_make(terms(900s), "narrow");
  EXPECT_TRUE(store_.find(terms(3600s)));
  aws_.http.answer(200, testing::issued("AssumeRole", "2036-01-01T00:00:00Z"));
  EXPECT_EQ(answers, 1);
  store_.find_or_make(terms(900s), "narrow");
  EXPECT_FALSE(store_.find(terms(3600s)));
}

// From the callback of the very issuer that goes.
TEST_F(KeysByTermsTest, APolicyThatChangesWhileKeysAreFetchedTakesNothingFromUnderTheirFeet) {
  int answers = 0;
  for (int i = 0; i < 3; ++i) {
    store_.find_or_make(terms(3600s), "wide")->get([&](const ipc::Result<const IssuedCredentials*>&) {
      ++answers;
      store_.find_or_make(terms(900s), "narrow");
    });
  }
  aws_.http.answer(200, testing::issued("AssumeRole", "2036-01-01T00:00:00Z"));
  EXPECT_EQ(answers, 3);
}

TEST_F(KeysByTermsTest, APolicyThatChangesOftenNeverFillsIt) {
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(store_.find_or_make(terms(std::chrono::seconds(900 + i)), std::to_string(i)));
    ASSERT_LE(store_.size(), 1u);
  }
}

TEST_F(KeysByTermsTest, OnePolicyWithManyCapsReplacesTheLongestUnasked) {
  for (int i = 0; i < 16; ++i) store_.find_or_make(terms(std::chrono::seconds(900 + i)), "p");
  store_.find_or_make(terms(900s), "p");
  ASSERT_TRUE(store_.find_or_make(terms(2000s), "p"));
  EXPECT_EQ(store_.size(), KeysByTerms::kMost);
  EXPECT_TRUE(store_.find(terms(900s)));
  EXPECT_FALSE(store_.find(terms(901s)));
}

TEST_F(KeysByTermsTest, NoMoreThanItsMostAreAtWorkAtOnce) {
  for (int i = 0; i < 16; ++i) {
    store_.find_or_make(terms(std::chrono::seconds(900 + i)), "p")
        ->get([](const ipc::Result<const IssuedCredentials*>&) {});
  }
  EXPECT_EQ(store_.find_or_make(terms(2000s), "p"), nullptr);
}

}  // namespace
}  // namespace broker
