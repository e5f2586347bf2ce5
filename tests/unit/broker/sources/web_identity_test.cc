#include "sources/web_identity.h"

#include <gtest/gtest.h>

#include "aws_fakes.h"
#include "call/signing_keys.h"
#include "errand_fakes.h"
#include "issuing/chain_run.h"
#include "keys/renewed_keys.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::FakeAws;
using testing::FakeErrands;
using testing::field;
using testing::header_of;
using testing::issued;
using testing::refused;

constexpr char kAction[] = "AssumeRoleWithWebIdentity";
constexpr char kToken[] = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
constexpr char kHour[] = "2026-01-27T11:00:00Z";

class WebIdentityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    profile_.name = profile_.base_profile = "api";
    profile_.sts = testing::endpoint();
    profile_.base = plan_;
  }
  void ask() {
    start_ = web_identity_keys(aws_.context, errands_, plan_, profile_.sts);
    fetch_ = start_([this](ipc::Result<IssuedCredentials> keys) { take(std::move(keys)); });
  }
  void issue(const IssueTerms& terms) {
    fetch_ = std::make_unique<RoleChainRun>(
        aws_.context, profile_, terms, [this](ipc::Result<IssuedCredentials> keys) { take(std::move(keys)); },
        &errands_);
  }
  void take(ipc::Result<IssuedCredentials> keys) {
    ++answers_;
    keys_ = std::move(keys);
    granted_ = fetch_->granted();
    fetch_.reset();  // a callback may
  }
  std::string why() { return keys_ ? "keys" : keys_.error().what; }

  FakeAws aws_;
  FakeErrands errands_;
  WebIdentityPlan plan_{
      "api", "arn:aws:iam::111122223333:role/ledger-api", "", "/run/secrets/token", "", "/home/marta/.aws/config:9"};
  ResolvedProfile profile_;
  StartFetch start_;
  std::unique_ptr<KeyFetch> fetch_;
  ipc::Result<IssuedCredentials> keys_;
  std::chrono::seconds granted_{0};
  int answers_ = 0;
};

constexpr char kWhere[] =
    "/home/marta/.aws/config:9: web identity of profile 'api' (arn:aws:iam::111122223333:role/ledger-api): ";

TEST_F(WebIdentityTest, AFileThatCannotBeOpenedIsNamedAndNothingIsSent) {
  ask();
  errands_.fail({ipc::Fault::kRefused, "/run/secrets/token cannot be opened: No such file", "look at what writes it"});
  EXPECT_EQ(why(), std::string(kWhere) +
                       "/run/secrets/token cannot be opened: No such file (the token file /run/secrets/token)");
  EXPECT_EQ(keys_.error().next_step, "look at what writes it");
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(WebIdentityTest, WhatIsNoTokenIsNeverSentNorQuoted) {
  for (const std::string_view content : {"", "\n", "two\nlines", "quoted words", "{\"token\":\"quoted\"}"}) {
    ask();
    errands_.opened(content);
    EXPECT_TRUE(why().starts_with(std::string(kWhere) + "the token file /run/secrets/token ")) << why();
    EXPECT_EQ(why().find("quoted"), std::string::npos);
    EXPECT_FALSE(keys_.error().next_step.empty());
  }
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(WebIdentityTest, AProgramThatPrintsNoTokenIsNamedWithoutItsArguments) {
  plan_.token_file.clear();
  plan_.token_process = "/opt/idp/token --client-secret quoted";
  ask();
  EXPECT_EQ(errands_.last().kind, ipc::ErrandKind::RunTokenProcess);
  EXPECT_EQ(errands_.last().text.subject, plan_.token_process);
  errands_.answer("error: quoted");
  EXPECT_EQ(why(), std::string(kWhere) + "what /opt/idp/token printed has characters that no such token has");
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(WebIdentityTest, EachRefusalOfStsHasItsNextStep) {
  const struct {
    const char *code, *advice;
  } cases[] = {{"ExpiredTokenException", "goes on renewing it"},
               {"InvalidIdentityToken", "audience"},
               {"IDPRejectedClaim", "get a new one"},
               {"AccessDenied", "trust policy"},
               {"ValidationError", "role_arn"},
               {"PackedPolicyTooLarge", "restrict"},
               {"RegionDisabledException", "activate STS"},
               {"Unheard", "AWS documentation"}};
  for (const auto& c : cases) {
    ask();
    errands_.opened(kToken);
    aws_.http.answer(400, refused(c.code));
    EXPECT_NE(why().find(c.code), std::string::npos) << why();
    EXPECT_NE(keys_.error().next_step.find(c.advice), std::string::npos) << c.code << ": " << keys_.error().next_step;
  }
}

TEST_F(WebIdentityTest, AMessageThatRepeatsTheTokenIsNotShown) {
  ask();
  errands_.opened(kToken);
  aws_.http.answer(400, refused("ValidationError", std::string("1 validation error detected: Value '") + kToken +
                                                       "' at 'webIdentityToken' failed to satisfy constraint"));
  EXPECT_EQ(why().find("eyJ"), std::string::npos) << why();
  EXPECT_NE(why().find("the token is not accepted"), std::string::npos) << why();
}

TEST_F(WebIdentityTest, AProviderThatStsCannotReachIsAskedForAgain) {
  ask();
  errands_.opened(kToken);
  aws_.http.answer(400, refused("IDPCommunicationError"));
  EXPECT_EQ(answers_, 0);
  aws_.timers.pass(5s);
  aws_.http.answer(200, issued(kAction, kHour));
  EXPECT_EQ(why(), "keys");
  EXPECT_EQ(aws_.http.requests.size(), 2u);
}

TEST_F(WebIdentityTest, AnAnswerOfAnotherActionIsRefused) {
  ask();
  errands_.opened(kToken);
  aws_.http.answer(200, issued("AssumeRole", kHour));
  EXPECT_NE(why().find("has no valid AccessKeyId"), std::string::npos) << why();
}

TEST_F(WebIdentityTest, TheRequestIsUnsignedAndSetsNoSourceIdentity) {
  ask();
  EXPECT_EQ(errands_.last().kind, ipc::ErrandKind::OpenTokenFile);
  EXPECT_EQ(errands_.last().text.subject, "/run/secrets/token");
  errands_.opened(std::string(kToken) + "\n");
  const HttpRequest& sent = aws_.http.last();
  EXPECT_EQ(header_of(sent, "Authorization"), "");
  EXPECT_EQ(field(sent, "Action"), kAction);
  EXPECT_EQ(field(sent, "WebIdentityToken"), kToken);
  EXPECT_EQ(field(sent, "DurationSeconds"), "3600");
  EXPECT_EQ(field(sent, "RoleArn"), "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fledger-api");
  EXPECT_TRUE(field(sent, "RoleSessionName").starts_with("sentinel-")) << field(sent, "RoleSessionName");
  EXPECT_EQ(field(sent, "SourceIdentity"), "(absent)");
  aws_.http.answer(200, issued(kAction, kHour));
  ASSERT_EQ(why(), "keys");
  EXPECT_EQ(keys_->access_key_id, "ASIAISSUED");
  EXPECT_EQ(keys_->source_identity, "");
  EXPECT_EQ(keys_->role_arn, plan_.role_arn);
}

TEST_F(WebIdentityTest, TheProfilesSessionNameGoesBeforeOurs) {
  plan_.session_name = "api-7";
  ask();
  errands_.opened(kToken);
  EXPECT_EQ(field(aws_.http.last(), "RoleSessionName"), "api-7");
}

TEST_F(WebIdentityTest, EachFetchReadsTheTokenAnew) {
  RenewedKeys keys(aws_.context, web_identity_keys(aws_.context, errands_, plan_, profile_.sts));
  keys.get([](const ipc::Result<SharedKey>&) {});
  errands_.opened("first-token");
  aws_.http.answer(200, issued(kAction, kHour));
  aws_.timers.pass(45min);
  errands_.opened("rotated-token");
  EXPECT_EQ(field(aws_.http.last(), "WebIdentityToken"), "rotated-token");
}

// ---- as what the command gets --------------------------------------------------------------------------------------

TEST_F(WebIdentityTest, TagsOfARuleAreRefusedAndNothingIsFetched) {
  IssueTerms tagged{"", "direct", {900s, 900s, false}};
  tagged.narrowing = std::make_shared<const Narrowing>(Narrowing{"", {}, {}, {}, {{"team", "ledger"}}, {}});
  issue(tagged);
  aws_.timers.pass(0s);
  EXPECT_NE(why().find("takes no tags"), std::string::npos);
  EXPECT_TRUE(errands_.errands.empty());
}

TEST_F(WebIdentityTest, WhatTheCommandGetsIsIssuedWithTheRulesTerms) {
  IssueTerms terms{"", "direct", {300s, 900s, true}};
  terms.narrowing = std::make_shared<const Narrowing>(
      Narrowing{"", {"arn:aws:iam::aws:policy/ReadOnlyAccess"}, {"203.0.113.0/24"}, {}, {}, 300s});
  issue(terms);
  errands_.opened(kToken);
  const HttpRequest& sent = aws_.http.last();
  EXPECT_EQ(field(sent, "Action"), kAction);
  EXPECT_EQ(field(sent, "DurationSeconds"), "900");
  EXPECT_NE(field(sent, "Policy").find("SentinelHardEnd"), std::string::npos);
  EXPECT_NE(field(sent, "Policy").find("SentinelSource"), std::string::npos);
  EXPECT_NE(field(sent, "PolicyArns.member.1.arn").find("ReadOnlyAccess"), std::string::npos);
  EXPECT_EQ(field(sent, "SourceIdentity"), "(absent)");
  EXPECT_EQ(header_of(sent, "Authorization"), "");
  aws_.http.answer(200, issued(kAction, "2026-01-27T10:15:00Z"));
  ASSERT_EQ(why(), "keys");
  EXPECT_EQ(keys_->expiration, aws_.context.aws_now() + 300s);
  EXPECT_EQ(granted_, 300s);
  EXPECT_EQ(keys_->source_identity, "");
  EXPECT_EQ(keys_->role_arn, plan_.role_arn);
}

TEST_F(WebIdentityTest, WithAFurtherRoleTheTokenOnlyGivesTheFirstKey) {
  RenewedKeys keys(aws_.context, web_identity_keys(aws_.context, errands_, plan_, profile_.sts));
  aws_.context.keys = &keys;
  profile_.chain.push_back({"deploy", "arn:aws:iam::111122223333:role/deploy", "", 0s});
  issue({"", "direct", {900s, 900s, false}});
  errands_.opened(kToken);
  aws_.http.answer(200, issued(kAction, kHour, "ASIAFIRST"));
  EXPECT_EQ(field(aws_.http.last(), "Action"), "AssumeRole");
  EXPECT_NE(header_of(aws_.http.last(), "Authorization").find("ASIAFIRST"), std::string::npos);
  EXPECT_NE(field(aws_.http.last(), "SourceIdentity"), "(absent)");
}

TEST_F(WebIdentityTest, WhoeverGoesAwayIsNotCalledBack) {
  ask();
  errands_.opened(kToken);
  fetch_.reset();
  EXPECT_EQ(aws_.http.waiting(), 0u);
  EXPECT_EQ(answers_, 0);
}

}  // namespace
}  // namespace broker
