// One fetch from a remote server, and what the issuer makes of a row of them.
#include "remote/fetch.h"

#include <gtest/gtest.h>

#include "aws_fakes.h"
#include "errand_fakes.h"
#include "keys/fresh_keys.h"
#include "remote/judge.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using ipc::Fault;
using testing::FakeAws;
using testing::header_of;

constexpr char kRole[] = "arn:aws:sts::111122223333:assumed-role/ledger/tvm-1",
               kNextSession[] = "arn:aws:sts::111122223333:assumed-role/ledger/tvm-2",
               kOtherRole[] = "arn:aws:sts::111122223333:assumed-role/admin/tvm-2",
               kOtherAccount[] = "arn:aws:sts::999999999999:assumed-role/ledger/tvm-2";
constexpr char kUrl[] = "https://tvm.example.com/prod";

class RemoteFetchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    profile_.name = profile_.base_profile = "ledger-prod";
    profile_.region = "eu-west-1";
    profile_.sts = testing::endpoint();
    aws_.use(testing::long_term_key());
  }
  void open(const std::string& token_file = "") {
    auto judge = RemoteJudge::open({aws_.context, errands_, profile_, kUrl, token_file, std::string(64, 'd'), "marta",
                                    [this](const std::string& sentence) { warned_.push_back(sentence); }});
    ASSERT_TRUE(judge) << judge.error().what;
    judge_ = std::move(*judge);
    issuer_ = std::make_unique<FreshKeys>(aws_.context, judge_->keys_for(terms()));
  }
  static IssueTerms terms() {
    IssueTerms terms;
    terms.lifetime = {900s, 900s, false};
    return terms;
  }
  // What the issuer says, kept until the next.
  void get() {
    issuer_->get([this](ipc::Result<const IssuedCredentials*> keys) {
      ++answers_;
      fault_.reset();
      if (keys) {
        got_ = (*keys)->access_key_id;
        owner_ = (*keys)->principal;
        ends_ = (*keys)->expiration;
      } else {
        got_ = keys.error().what;
        fault_ = keys.error().fault;
      }
    });
  }
  std::chrono::sys_seconds now() { return std::chrono::floor<std::chrono::seconds>(aws_.clock.wall()); }
  std::string keys(const std::string& id, std::chrono::seconds life) {
    return R"({"AccessKeyId":")" + id + R"(","SecretAccessKey":"remote-secret","Token":"remote-token","Expiration":")" +
           std::string(rfc3339(now() + life).text()) + "\"}\n";
  }
  // Keys, and whose AWS says that they are.
  void vend(const std::string& id, std::chrono::seconds life, const std::string& owner = kRole) {
    aws_.http.answer(200, keys(id, life));
    aws_.http.answer(200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>" + owner +
                              "</Arn><UserId>AROA</UserId><Account>" + owner.substr(13, 12) +
                              "</Account></GetCallerIdentityResult></GetCallerIdentityResponse>");
  }
  void refuse(const std::string& code = "POLICY_DENY", long status = 403) {
    aws_.http.answer(status, R"({"Message":"because","Code":")" + code + "\"}");
  }
  std::size_t calls() const { return aws_.http.requests.size(); }

  FakeAws aws_;
  testing::FakeErrands errands_;
  ResolvedProfile profile_;
  std::unique_ptr<RemoteJudge> judge_;
  std::unique_ptr<FreshKeys> issuer_;
  int answers_ = 0;
  std::string got_, owner_;
  std::vector<std::string> warned_;
  std::optional<Fault> fault_;
  std::chrono::sys_seconds ends_{};
};

TEST_F(RemoteFetchTest, ARefusalIsToldToEveryWaiterAndNotRepeated) {
  open();
  for (int i = 0; i < 50; ++i) get();
  refuse();
  EXPECT_EQ(answers_, 50);
  EXPECT_EQ(calls(), 1u);
  EXPECT_EQ(fault_, Fault::kRefused);
  EXPECT_EQ(got_.find("the remote server https://tvm.example.com/prod answers POLICY_DENY"), 0u) << got_;
  EXPECT_FALSE(aws_.timers.armed());
}

// The server judges anew at each renewal; what it gave before its no is not handed out any more.
TEST_F(RemoteFetchTest, ARefusedRenewalWithdrawsTheKeysThatAreKept) {
  open();
  get();
  vend("ASIAFIRST", 900s);
  aws_.timers.pass(aws_.timers.wait());
  ASSERT_EQ(aws_.http.waiting(), 1u);
  ASSERT_TRUE(issuer_->current());
  refuse("SESSION_REVOKED");
  EXPECT_FALSE(issuer_->current());
  get();
  EXPECT_EQ(fault_, Fault::kRefused);
  EXPECT_NE(got_.find("SESSION_REVOKED"), std::string::npos);
}

// "Start the run anew": as long as it is this one, whatever the server would say now.
TEST_F(RemoteFetchTest, ARunWhoseSessionWasRevokedIsNeverAskedForAgain) {
  open();
  get();
  refuse("SESSION_REVOKED");
  ASSERT_EQ(calls(), 1u);
  FreshKeys of_other_terms(aws_.context, judge_->keys_for(terms()));
  for (int i = 0; i < 3; ++i) {
    aws_.timers.pass(1h);
    get();
    aws_.timers.pass(0s);
    EXPECT_EQ(fault_, Fault::kRefused);
    EXPECT_NE(got_.find("SESSION_REVOKED"), std::string::npos) << got_;
  }
  of_other_terms.get([this](ipc::Result<const IssuedCredentials*> keys) { got_ = keys ? "keys" : "none"; });
  aws_.timers.pass(0s);
  EXPECT_EQ(got_, "none");
  EXPECT_EQ(calls(), 1u) << "the server is not asked";
}

TEST_F(RemoteFetchTest, AnotherRefusalIsAskedForAgain) {
  open();
  get();
  refuse("POLICY_DENY");
  aws_.timers.pass(1h);
  get();
  EXPECT_EQ(calls(), 2u);
}

// ---- whose they are

TEST_F(RemoteFetchTest, KeysAreNamedByTheirOwnerWhoseSessionMayChangeItsName) {
  open();
  get();
  vend("ASIAFIRST", 900s);
  EXPECT_EQ(owner_, kRole);
  EXPECT_NE(header_of(aws_.http.last(), "Authorization").find("Credential=ASIAFIRST/"), std::string::npos);
  aws_.timers.pass(aws_.timers.wait());
  vend("ASIASECOND", 900s, kNextSession);
  get();
  EXPECT_EQ(got_, "ASIASECOND");
  EXPECT_EQ(owner_, kNextSession);
}

TEST_F(RemoteFetchTest, AServerThatChangesRoleOrAccountInARunIsRefused) {
  for (const char* other : {kOtherRole, kOtherAccount}) {
    open();
    get();
    vend("ASIAFIRST", 900s);
    aws_.timers.pass(aws_.timers.wait());
    vend("ASIAOTHER", 900s, other);
    get();
    EXPECT_EQ(got_, "ASIAFIRST") << "which are good, and used up";
    aws_.timers.pass(15min);
    get();
    vend("ASIAOTHER", 900s, other);
    EXPECT_EQ(fault_, Fault::kRefused);
    EXPECT_NE(got_.find("gives the keys of " + std::string(other)), std::string::npos) << got_;
    EXPECT_NE(got_.find(kRole), std::string::npos) << got_;
  }
}

TEST_F(RemoteFetchTest, WhereAwsCannotBeAskedThatIsSaidOnceAndTheRunGoesOn) {
  open();
  for (const char* id : {"ASIAFIRST", "ASIASECOND"}) {
    get();
    aws_.http.answer(200, keys(id, 900s));
    aws_.http.fail(Fault::kUnavailable);
    get();
    EXPECT_EQ(got_, id);
    EXPECT_EQ(owner_, "");
    aws_.timers.pass(15min);
  }
  ASSERT_EQ(warned_.size(), 1u);
  EXPECT_NE(warned_[0].find("is not known"), std::string::npos) << warned_[0];
}

TEST_F(RemoteFetchTest, OnceItIsKnownKeysOfUnknownOwnersAreNotTaken) {
  open();
  get();
  vend("ASIAFIRST", 900s);
  aws_.timers.pass(15min);
  get();
  aws_.http.answer(200, keys("ASIASECOND", 900s));
  aws_.http.fail(Fault::kUnavailable);
  EXPECT_EQ(fault_, Fault::kUnavailable);
  EXPECT_TRUE(warned_.empty());
}

TEST_F(RemoteFetchTest, AServerThatIsAwayTakesNothingBack) {
  open();
  get();
  vend("ASIAFIRST", 900s);
  aws_.timers.pass(aws_.timers.wait());
  refuse("CONFIG_ERROR", 500);
  get();
  EXPECT_EQ(got_, "ASIAFIRST");
}

TEST_F(RemoteFetchTest, WhatTheServerAsksToBeLeftAloneForIsKept) {
  open();
  get();
  HttpAnswer answer;
  answer.status = 429;
  answer.body.append(R"({"Message":"retry in 42s","Code":"RATE_LIMITED"})");
  answer.retry_after = 42s;
  aws_.http.answer(std::move(answer));
  EXPECT_EQ(fault_, Fault::kUnavailable);
  EXPECT_EQ(answers_, 1);
  aws_.timers.pass(41s);
  get();
  EXPECT_EQ(calls(), 1u);
  aws_.timers.pass(1s);
  get();
  EXPECT_EQ(calls(), 2u);
}

TEST_F(RemoteFetchTest, HoweverLongTheServerAsksTheRunGoesOnSomeTime) {
  open();
  get();
  HttpAnswer answer;
  answer.status = 429;
  answer.retry_after = 3600s;
  aws_.http.answer(std::move(answer));
  aws_.timers.pass(RemoteFetch::kLongestQuiet);
  get();
  EXPECT_EQ(calls(), 2u);
}

TEST_F(RemoteFetchTest, TheSentenceOfAServerThatIsAwayDoesNotShowWhatWasSent) {
  open();
  get();
  const std::string url = aws_.http.last().url;
  ASSERT_NE(url.find("device_id="), std::string::npos);
  for (int i = 0; i < 3; ++i) {
    aws_.http.fail(Fault::kUnavailable);
    if (aws_.timers.armed()) aws_.timers.pass(aws_.timers.wait());
  }
  ASSERT_EQ(answers_, 1);
  EXPECT_EQ(fault_, Fault::kUnavailable);
  EXPECT_EQ(got_.find("device_id"), std::string::npos) << got_;
}

TEST_F(RemoteFetchTest, AnAnswerThatIsNotWholeIsNoAnswer) {
  open();
  get();
  aws_.http.answer(200, R"({"AccessKeyId":"ASIAREMOTE"})");
  EXPECT_EQ(fault_, Fault::kProtocol);
  EXPECT_FALSE(issuer_->current());
  EXPECT_EQ(calls(), 1u);
}

// A gateway says "Forbidden" to a clock that is wrong as to everything else.
TEST_F(RemoteFetchTest, AClockThatIsMinutesOffIsCorrectedOnce) {
  open();
  get();
  aws_.http.answer(403, R"({"message":"Forbidden"})", now() + 20min);
  ASSERT_EQ(calls(), 2u);
  EXPECT_EQ(header_of(aws_.http.last(), "X-Amz-Date"), "20260127T102000Z");
  aws_.http.answer(403, R"({"message":"Forbidden"})", now() + 20min);
  EXPECT_EQ(calls(), 2u);
  EXPECT_EQ(fault_, Fault::kRefused);
}

TEST_F(RemoteFetchTest, TheFirstKeySignsForTheGatewayWhereThereIsNoRole) {
  open();
  get();
  const HttpRequest& request = aws_.http.last();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url.find("https://tvm.example.com/prod?profile=ledger-prod&duration=900&device_id=dddd"), 0u);
  EXPECT_NE(
      header_of(request, "Authorization").find("Credential=AKIDEXAMPLE/20260127/eu-west-1/execute-api/aws4_request"),
      std::string::npos);
  EXPECT_EQ(request.body, "");
  vend("ASIAREMOTE", 900s);
  EXPECT_EQ(got_, "ASIAREMOTE");
  EXPECT_EQ(ends_, now() + 900s);
}

TEST_F(RemoteFetchTest, TheLastRoleSignsWhereThereIsOneWithoutNarrowingAndSourceIdentity) {
  profile_.chain.push_back({"ledger-prod", "arn:aws:iam::111122223333:role/ledger-prod", "", 0s});
  open();
  get();
  const std::string assume = aws_.http.last().body;
  EXPECT_NE(assume.find("Action=AssumeRole"), std::string::npos) << assume;
  EXPECT_NE(assume.find("RoleSessionName=sentinel-marta&"), std::string::npos) << assume;
  EXPECT_EQ(assume.find("SourceIdentity"), std::string::npos) << assume;
  EXPECT_EQ(assume.find("Policy"), std::string::npos) << assume;
  aws_.http.answer(200, testing::issued("AssumeRole", "2026-01-27T11:00:00Z", "ASIASIGNER"));
  ASSERT_EQ(calls(), 2u);
  EXPECT_NE(header_of(aws_.http.last(), "Authorization").find("Credential=ASIASIGNER/"), std::string::npos);
  EXPECT_EQ(header_of(aws_.http.last(), "X-Amz-Security-Token"), "issued-token");
  vend("ASIAREMOTE", 900s);
  EXPECT_EQ(got_, "ASIAREMOTE");
}

// STS's no is not the remote server's: nobody has judged.
TEST_F(RemoteFetchTest, AChainThatFailsIsNoRefusalByTheServer) {
  profile_.chain.push_back({"ledger-prod", "arn:aws:iam::111122223333:role/ledger-prod", "", 0s});
  open();
  get();
  aws_.http.answer(403, testing::refused("AccessDenied"));
  if (answers_ == 0) aws_.timers.pass(0s);
  EXPECT_EQ(fault_, Fault::kConfig);
  EXPECT_EQ(got_.find("no key to sign with: role 1 of 1"), 0u) << got_;
}

TEST_F(RemoteFetchTest, AShorterWishThanTheServersEndIsWhatIsTold) {
  open();
  get();
  vend("ASIAREMOTE", 3600s);
  EXPECT_EQ(ends_, now() + 900s);
}

TEST_F(RemoteFetchTest, AShorterEndThanTheWishIsWhatIsTold) {
  open();
  get();
  vend("ASIAREMOTE", 600s);
  EXPECT_EQ(ends_, now() + 600s);
}

// ---- a token -------------------------------------------------------------------------------------------------------

TEST_F(RemoteFetchTest, ATokenFileThatIsNoTokenIsRefusedAndNothingIsSent) {
  open("/run/token");
  const auto refused = [this](std::string_view content) {
    get();
    errands_.opened(content);
    EXPECT_EQ(fault_, Fault::kConfig) << content;
    EXPECT_NE(got_.find("/run/token"), std::string::npos) << got_;
    aws_.timers.pass(60s);
  };
  for (const char* text : {"", "\n", "two\nlines\n", "two words", "tab\tbed", "a\r\nX: y", "\x01", "\xc3\xa4"})
    refused(text);
  refused(std::string(30000, 'x'));
  refused(std::string_view("a\0b", 3));
  EXPECT_EQ(calls(), 0u);
}

TEST_F(RemoteFetchTest, ATokenFileThatCannotBeOpenedIsNoRefusalByTheServer) {
  open("/run/token");
  get();
  errands_.fail({Fault::kRefused, "/run/token: no such file", "check the path"});
  EXPECT_EQ(fault_, Fault::kConfig);
  EXPECT_NE(got_.find("no such file"), std::string::npos);
}

TEST_F(RemoteFetchTest, TheTokenIsReadAtEachFetchAndNothingIsSigned) {
  aws_.context.keys = nullptr;
  profile_.region.clear();
  open("/run/token");
  get();
  EXPECT_EQ(errands_.last().kind, ipc::ErrandKind::OpenTokenFile);
  EXPECT_EQ(errands_.last().text.subject, "/run/token");
  errands_.opened("first.token\n");
  EXPECT_EQ(header_of(aws_.http.last(), "Authorization"), "Bearer first.token");
  EXPECT_EQ(header_of(aws_.http.last(), "X-Amz-Date"), "");
  aws_.http.answer(401, R"({"message":"Unauthorized"})");
  EXPECT_EQ(fault_, Fault::kRefused);
  aws_.timers.pass(60s);
  get();
  errands_.opened("second.token");
  EXPECT_EQ(header_of(aws_.http.last(), "Authorization"), "Bearer second.token");
  vend("ASIAREMOTE", 900s);
  EXPECT_EQ(got_, "ASIAREMOTE");
}

TEST_F(RemoteFetchTest, AFetchThatIsGoneIsNotCalledBackByItsToken) {
  open("/run/token");
  get();
  issuer_.reset();
  EXPECT_EQ(errands_.waiting(), 0u);
  EXPECT_EQ(answers_, 0);
}

TEST_F(RemoteFetchTest, TheJudgesVerdictPermitsAndNamesNoRule) {
  open();
  EXPECT_FALSE(judge_->needs_identity());
  EXPECT_EQ(judge_->issuer(), "the remote server");
  EXPECT_EQ(judge_->basis().signed_version, 0u);
  const auto verdict = judge_->verdict(Via::kUnix);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->allowed);
  EXPECT_EQ(verdict->rule, "");
  EXPECT_EQ(verdict->rule_index, -1);
}

TEST_F(RemoteFetchTest, TheServersRefusalIsADecisionAndAnotherFailureIsNone) {
  open();
  const auto no = judge_->refusal({Fault::kRefused, "because", "ask the server's owner"});
  ASSERT_TRUE(no);
  EXPECT_EQ(no->identified, Check::kPassed);
  ASSERT_TRUE(no->verdict);
  EXPECT_FALSE(no->verdict->allowed);
  EXPECT_EQ(no->verdict->effect, "deny");
  EXPECT_EQ(no->verdict->reason, "because");
  const Refusal* const refusal = std::get_if<Refusal>(&no->outcome);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->check, "remote");
  EXPECT_EQ(refusal->sentence, "because");
  EXPECT_EQ(refusal->next_step, "ask the server's owner");
  for (const Fault fault : {Fault::kUnavailable, Fault::kConfig, Fault::kProtocol, Fault::kSystem})
    EXPECT_FALSE(judge_->refusal({fault, "because", {}}));
}

}  // namespace
}  // namespace broker
