#include "issuing/chain_run.h"

#include <gtest/gtest.h>

#include "aws/source_identity.h"
#include "aws_fakes.h"
#include "call/signing_keys.h"
#include "services/sts.h"
#include "source_identity_reader.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::FakeAws;
using testing::field;
using testing::header_of;
using testing::issued;
using testing::refused;

constexpr char kTime[] = "2026-01-27T10:15:00Z";

// A first key that is temporary itself.
class TemporaryKey final : public BaseKeys {
 public:
  explicit TemporaryKey(std::chrono::sys_seconds end) : end_(end) {}
  void get(OnKey done) override { done(key_); }
  [[nodiscard]] std::optional<Held> held() const override { return Held{key_, end_}; }

 private:
  SharedKey key_ = std::make_shared<const BaseKey>(
      BaseKey{"ASIABASE", ipc::SecretBuffer::copy_of("base-secret"), ipc::SecretBuffer::copy_of("base-token")});
  std::chrono::sys_seconds end_;
};

class RoleChainRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    profile_.name = profile_.base_profile = "marta";
    aws_.use(testing::long_term_key());
    profile_.sts = testing::endpoint();
  }
  void add_role(const std::string& name, std::chrono::seconds duration = 0s) {
    profile_.chain.push_back({"ledger-" + name, "arn:aws:iam::111122223333:role/" + name, "", duration});
  }
  static IssueTerms terms(std::chrono::seconds granted = 900s) {
    return {"marta", "direct", {granted, std::max(granted, std::chrono::seconds(900)), granted < 900s}};
  }
  void run() { run(terms()); }
  void run(const IssueTerms& terms) {
    run_ = std::make_unique<RoleChainRun>(aws_.context, profile_, terms, [this](ipc::Result<IssuedCredentials> result) {
      ++answers_;
      result_ = std::move(result);
    });
  }
  FakeAws aws_;
  ResolvedProfile profile_;
  std::unique_ptr<RoleChainRun> run_;
  ipc::Result<IssuedCredentials> result_;
  int answers_ = 0;
};

// Everything is wrong at once; what is mended makes room for the next fault, and nothing is sent before all are.
TEST_F(RoleChainRunTest, FaultsAreNamedInOneOrderAndNothingIsSentBeforeAllAreMended) {
  IssueTerms faulty = terms(3600s);
  faulty.narrowing = std::make_shared<const Narrowing>(Narrowing{"", {}, {"203.0.113.0/24"}, {}, {}, {}});
  faulty.no_later_than = aws_.context.aws_now() + 1s;
  faulty.marker = "no marker";
  const auto fault = [&] {
    run(faulty);
    aws_.timers.pass(0s);
    return result_ ? "none" : result_.error().what;
  };
  EXPECT_NE(fault().find("this profile has no role"), std::string::npos);
  add_role("prod");
  EXPECT_NE(fault().find("what is left of the approval or event"), std::string::npos);
  faulty.no_later_than.reset();
  EXPECT_NE(fault().find("a source identity needs"), std::string::npos);
  EXPECT_TRUE(aws_.http.requests.empty());
  faulty.marker = "direct";
  run(faulty);
  EXPECT_EQ(aws_.http.requests.size(), 1u);
}

TEST_F(RoleChainRunTest, ANarrowedRuleSendsNothingForAProfileWithoutARole) {
  IssueTerms narrowed = terms();
  narrowed.narrowing = std::make_shared<const Narrowing>(Narrowing{"", {}, {"203.0.113.0/24"}, {}, {}, {}});
  run(narrowed);
  EXPECT_EQ(answers_, 0);  // never from inside the constructor
  aws_.timers.pass(0s);
  ASSERT_EQ(answers_, 1);
  EXPECT_NE(result_.error().what.find("only a role's credentials can be narrowed"), std::string::npos);
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(RoleChainRunTest, AnOverrideThatHasEndedMeanwhileSendsNothing) {
  add_role("prod");
  IssueTerms lifted = terms(3600s);
  lifted.no_later_than = aws_.context.aws_now() + 899s;
  run(lifted);
  EXPECT_EQ(answers_, 0);
  aws_.timers.pass(0s);
  ASSERT_EQ(answers_, 1);
  EXPECT_NE(result_.error().what.find("what is left of the approval or event"), std::string::npos);
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(RoleChainRunTest, AnUnfitMarkerSendsNothing) {
  add_role("prod");
  IssueTerms unfit = terms();
  unfit.marker = "0123456789abcdef";
  run(unfit);
  aws_.timers.pass(0s);
  EXPECT_EQ(answers_, 1);
  EXPECT_FALSE(result_);
  EXPECT_TRUE(aws_.http.requests.empty());
}

// The permit was made when nobody held this key, or another one.
TEST_F(RoleChainRunTest, ATemporaryKeyThatOutlivesItsRulesCapIsNotHandedOn) {
  IssueTerms capped = terms(3600s);
  capped.lifetime.cap = 1800s;
  for (const auto end : {aws_.context.aws_now() + 1801s, kNever}) {
    TemporaryKey base(end);
    aws_.context.keys = &base;
    result_ = ipc::Result<IssuedCredentials>();
    run(capped);
    aws_.timers.pass(0s);
    ASSERT_FALSE(result_);
    EXPECT_EQ(result_.error().fault, ipc::Fault::kRefused);
    EXPECT_EQ(result_.error().what,
              "the rule allows keys for 1800 s, and those of this profile are temporary ones that live longer and "
              "cannot be shortened");
  }
  EXPECT_EQ(answers_, 2);
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(RoleChainRunTest, ATemporaryKeyThatOutlivesItsOverrideIsNotHandedOn) {
  IssueTerms lifted = terms(3600s);
  lifted.no_later_than = aws_.context.aws_now() + 1800s;
  TemporaryKey base(*lifted.no_later_than + 1s);
  aws_.context.keys = &base;
  run(lifted);
  aws_.timers.pass(0s);
  ASSERT_EQ(answers_, 1);
  ASSERT_FALSE(result_);
  EXPECT_EQ(result_.error().what.find("what is left of the approval or event allows keys for 1800 s, and those of"),
            0u);
}

TEST_F(RoleChainRunTest, ATemporaryKeyThatEndsInTimeIsHandedOnAsItIs) {
  IssueTerms capped = terms(3600s);
  capped.lifetime.cap = 1800s;
  capped.no_later_than = aws_.context.aws_now() + 1800s;
  TemporaryKey base(*capped.no_later_than);
  aws_.context.keys = &base;
  run(capped);
  aws_.timers.pass(0s);
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->access_key_id, "ASIABASE");
  EXPECT_EQ(result_->session_token.reveal(), "base-token");
  EXPECT_EQ(result_->expiration, *capped.no_later_than);
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(RoleChainRunTest, AFailureNamesTheLinkThatFailed) {
  add_role("prod");
  add_role("audit");
  run();
  aws_.http.answer(200, issued("AssumeRole", kTime, "ASIAHOP"));
  aws_.http.answer(403, refused("AccessDenied", "not authorized"));
  ASSERT_EQ(answers_, 1);
  EXPECT_EQ(result_.error().what.find("role 2 of 2 (arn:aws:iam::111122223333:role/audit, profile 'ledger-audit'): "),
            0u)
      << result_.error().what;
  EXPECT_NE(result_.error().next_step.find("sts:SetSourceIdentity"), std::string::npos);
}

TEST_F(RoleChainRunTest, AnAnswerWithoutKeysNamesTheLinkToo) {
  add_role("prod");
  run();
  aws_.http.answer(200, "<html/>");
  ASSERT_EQ(answers_, 1);
  EXPECT_EQ(result_.error().what.find("role 1 of 1"), 0u);
}

// Each link carries the same source identity, too.
TEST_F(RoleChainRunTest, EachLinkSignsWithTheKeysOfTheOneBefore) {
  add_role("prod");
  add_role("audit");
  profile_.chain[1].external_id = "invoice-77";
  IssueTerms hour = terms(3600s);
  hour.user = "marta.k";
  run(hour);
  const HttpRequest first = aws_.http.last();
  EXPECT_NE(header_of(first, "Authorization").find("Credential=AKIDEXAMPLE/"), std::string::npos);
  EXPECT_EQ(header_of(first, "X-Amz-Security-Token"), "");
  EXPECT_EQ(field(first, "DurationSeconds"), "900");
  EXPECT_EQ(field(first, "ExternalId"), "(absent)");
  aws_.http.answer(200, issued("AssumeRole", kTime, "ASIAHOP"));

  const HttpRequest second = aws_.http.last();
  EXPECT_NE(header_of(second, "Authorization").find("Credential=ASIAHOP/"), std::string::npos);
  EXPECT_EQ(header_of(second, "X-Amz-Security-Token"), "issued-token");
  EXPECT_EQ(field(second, "DurationSeconds"), "3600");
  EXPECT_EQ(field(second, "ExternalId"), "invoice-77");
  EXPECT_EQ(field(second, "RoleSessionName"), "sentinel-marta%3D2Ek");
  EXPECT_EQ(field(second, "SourceIdentity"), field(first, "SourceIdentity"));
  aws_.http.answer(200, issued("AssumeRole", kTime, "ASIALAST"));

  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->access_key_id, "ASIALAST");
  EXPECT_EQ(result_->role_arn, "arn:aws:iam::111122223333:role/audit");
  const auto identity = parse_source_identity(result_->source_identity);
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->user, "marta.k");
}

TEST_F(RoleChainRunTest, WithoutRolesASessionOfTheBaseKeyIsIssuedUnstamped) {
  run();
  EXPECT_EQ(field(aws_.http.last(), "Action"), "GetSessionToken");
  EXPECT_EQ(field(aws_.http.last(), "SourceIdentity"), "(absent)");
  aws_.http.answer(200, issued("GetSessionToken", kTime));
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->source_identity, "");
  EXPECT_EQ(result_->role_arn, "");
}

TEST_F(RoleChainRunTest, OnlyTheLastLinkIsNarrowed) {
  add_role("prod");
  add_role("audit");
  IssueTerms narrowed = terms(120s);
  Narrowing narrowing;
  narrowing.managed_policies = {"arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/SecurityAudit"};
  narrowing.tags = {{"team", "ledger"}, {"cost", "7"}};
  narrowing.hard_expiry = 120s;
  narrowed.narrowing = std::make_shared<const Narrowing>(narrowing);
  run(narrowed);
  for (const char* name : {"Policy", "PolicyArns.member.1.arn", "Tags.member.1.Key"}) {
    EXPECT_EQ(field(aws_.http.last(), name), "(absent)") << name;
  }
  aws_.clock.pass(20s);  // the first link took its time: the end is counted from the last
  const auto now = aws_.context.aws_now();
  aws_.http.answer(200, issued("AssumeRole", kTime, "ASIAHOP"));
  const HttpRequest last = aws_.http.last();
  EXPECT_EQ(field(last, "DurationSeconds"), "900");
  EXPECT_EQ(field(last, "PolicyArns.member.1.arn"), "arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess");
  EXPECT_EQ(field(last, "PolicyArns.member.2.arn"), "arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FSecurityAudit");
  EXPECT_EQ(field(last, "Tags.member.1.Key"), "team");
  EXPECT_EQ(field(last, "Tags.member.1.Value"), "ledger");
  EXPECT_EQ(field(last, "Tags.member.2.Key"), "cost");
  EXPECT_EQ(field(last, "Tags.member.2.Value"), "7");
  EXPECT_NE(field(last, "Policy").find("DateGreaterThan"), std::string::npos);
  aws_.http.answer(200, issued("AssumeRole", "2030-01-01T00:00:00Z", "ASIALAST"));
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->expiration, now + 120s);  // not what STS says
}

TEST_F(RoleChainRunTest, NoKeysAreSaidToLiveLongerThanWasGranted) {
  add_role("prod");
  run(terms(1200s));
  aws_.http.answer(200, issued("AssumeRole", "2036-01-01T00:00:00Z"));
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->expiration, aws_.context.aws_now() + 1200s);
}

TEST_F(RoleChainRunTest, AnOverridesEndIsTheKeysEnd) {
  add_role("prod");
  IssueTerms lifted = terms(3600s);
  lifted.marker = "01234567";
  lifted.no_later_than = aws_.context.aws_now() + 1000s;
  run(lifted);
  EXPECT_EQ(field(aws_.http.last(), "DurationSeconds"), "1000");
  EXPECT_NE(field(aws_.http.last(), "SourceIdentity").find(".01234567."), std::string::npos);
  aws_.clock.pass(2s);
  aws_.http.answer(200, issued("AssumeRole", "2036-01-01T00:00:00Z"));
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->expiration, *lifted.no_later_than);
}

TEST_F(RoleChainRunTest, WhatStsSaysOfANarrowingHasItsNextStep) {
  struct Case {
    const char *code, *message, *advice;
  };
  for (const Case& c :
       {Case{"PackedPolicyTooLarge", "", "shorten the rule's restrict"},
        Case{"MalformedPolicyDocument", "", "session policy: check its actions"},
        Case{"AccessDenied", "not authorized to perform: sts:TagSession on", "must allow sts:TagSession"}}) {
    EXPECT_NE(sts_next_step("AssumeRole", {400, c.code, c.message}).find(c.advice), std::string::npos) << c.code;
  }
  EXPECT_EQ(sts_next_step("AssumeRole", {403, "AccessDenied", "perform: sts:AssumeRole"}).find("TagSession"),
            std::string::npos);
}

// ---- source identity

constexpr char kLacksName[] =
    "User: arn:aws:iam::111122223333:user/marta is not authorized to perform: sts:SetSourceIdentity on resource: arn";

TEST_F(RoleChainRunTest, ARequiredNameIsNeverLeftOut) {
  add_role("prod");
  run();
  aws_.http.answer(403, refused("AccessDenied", kLacksName));
  ASSERT_EQ(answers_, 1);
  EXPECT_FALSE(result_);
  EXPECT_NE(result_.error().next_step.find("source_identity: if_allowed"), std::string::npos);
}

TEST_F(RoleChainRunTest, WhereItMayBeLeftOutItIsOnlyForThatDenial) {
  add_role("prod");
  IssueTerms may = terms();
  may.source_identity = SourceIdentity::kIfAllowed;
  for (const auto& message : {std::string("User: x is not authorized to perform: sts:AssumeRole on resource: y"),
                              std::string(kLacksName) + " with an explicit deny in a resource-based policy",
                              std::string("Encoded authorization failure message: abc")}) {
    result_ = ipc::Result<IssuedCredentials>();
    run(may);
    aws_.http.answer(403, refused("AccessDenied", message.c_str()));
    ASSERT_FALSE(result_) << message;
  }
  EXPECT_EQ(answers_, 3);
  EXPECT_EQ(aws_.http.requests.size(), 3u);
}

// A role that goes on denying what is not asked for any more ends it.
TEST_F(RoleChainRunTest, ItIsAskedOnceMoreAndNotForEver) {
  add_role("prod");
  IssueTerms may = terms();
  may.source_identity = SourceIdentity::kIfAllowed;
  run(may);
  EXPECT_NE(field(aws_.http.last(), "SourceIdentity"), "(absent)");
  aws_.http.answer(403, refused("AccessDenied", kLacksName));
  EXPECT_EQ(field(aws_.http.last(), "SourceIdentity"), "(absent)");
  aws_.http.answer(403, refused("AccessDenied", kLacksName));
  ASSERT_EQ(answers_, 1);
  EXPECT_FALSE(result_);
  EXPECT_EQ(result_.error().next_step.find("if_allowed"), std::string::npos) << "it says so already";
}

TEST_F(RoleChainRunTest, WhatIsLeftOutIsSaidAndNothingElseIs) {
  add_role("prod");
  IssueTerms may = terms();
  may.source_identity = SourceIdentity::kIfAllowed;
  may.narrowing =
      std::make_shared<const Narrowing>(Narrowing{"", {}, {"203.0.113.0/24"}, {}, {{"team", "ledger"}}, {}});
  run(may);
  const HttpRequest first = aws_.http.last();
  aws_.http.answer(403, refused("AccessDenied", kLacksName));
  const HttpRequest second = aws_.http.last();
  for (const char* name : {"RoleArn", "DurationSeconds", "Policy", "Tags.member.1.Key", "Tags.member.1.Value"})
    EXPECT_EQ(field(first, name), field(second, name)) << name;
  aws_.http.answer(200, issued("AssumeRole", kTime, "ASIALAST"));
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->source_identity, "");
  EXPECT_EQ(result_->unnamed, "arn:aws:iam::111122223333:role/prod does not allow sts:SetSourceIdentity");
}

TEST_F(RoleChainRunTest, OffSendsNoneAndADenialAsksForNoRightToIt) {
  add_role("prod");
  IssueTerms off = terms();
  off.source_identity = SourceIdentity::kOff;
  run(off);
  EXPECT_EQ(field(aws_.http.last(), "SourceIdentity"), "(absent)");
  aws_.http.answer(200, issued("AssumeRole", kTime, "ASIALAST"));
  ASSERT_TRUE(result_);
  EXPECT_EQ(result_->unnamed, "the rule says source_identity: off");
}

TEST_F(RoleChainRunTest, EveryRunHasARequestIdOfItsOwn) {
  add_role("prod");
  run();
  const std::string first = field(aws_.http.last(), "SourceIdentity");
  run();
  EXPECT_NE(field(aws_.http.last(), "SourceIdentity"), first);
}

}  // namespace
}  // namespace broker
