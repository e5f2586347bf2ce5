// The AWS side as a whole against a real server, which verifies every signature with botocore's own signer.
#include "aws_standin.h"

#include <event2/event.h>
#include <gtest/gtest.h>

#include "call/http.h"
#include "call/signing_keys.h"
#include "host/wiping_heap.h"
#include "issuing/chain_run.h"
#include "keys/fresh_keys.h"
#include "run_profiles/run_identity.h"
#include "services/queries.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::AwsStandin;

class Aws : public ::testing::TestWithParam<bool> {
 protected:
  static void SetUpTestSuite() {
    curl_global_init_mem(CURL_GLOBAL_DEFAULT, heap_allocate, heap_free, heap_reallocate, ::strdup, ::calloc);
  }
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    base_ = event_base_new();
    aws_ = std::make_unique<AwsStandin>(GetParam());
    http_ = AwsHttp::open(base_, load_ca(aws_->ca_file).value()).value();
    timers_ = std::make_unique<EventTimers>(base_);
    context_ = std::make_unique<AwsContext>(AwsContext{*http_, *timers_, clock_});
    profile_.name = profile_.base_profile = "marta";
    key_ = aws_->key_of("marta");
    keys_ = std::make_unique<FixedKey>(copy_of(key_));
    context_->keys = keys_.get();
    profile_.sts = profile_.ssm = aws_->endpoint();
  }
  void TearDown() override {
    issuer_.reset();
    http_.reset();
    event_base_free(base_);
  }
  void add_role(const std::string& name, const std::string& external_id = {}) {
    profile_.chain.push_back({name, "arn:aws:iam::111122223333:role/" + name, external_id, 0s});
  }
  // What get() answers: the key id, or the error's sentence.
  std::string issue(std::chrono::seconds duration = 900s) {
    const auto lifetime = decide_lifetime({duration, Mode::kServer, key_source(profile_)});
    if (!lifetime) return "error: " + lifetime.error().what;
    if (!issuer_) issuer_ = std::make_unique<FreshKeys>(*context_, fetch({"marta", "direct", *lifetime}));
    std::string got;
    issuer_->get([&](ipc::Result<const IssuedCredentials*> keys) {
      got = keys ? (*keys)->access_key_id : "error: " + keys.error().what;
    });
    while (got.empty()) event_base_loop(base_, EVLOOP_ONCE);
    return got;
  }
  StartFetch fetch(const IssueTerms& terms) {
    return [this, terms](OnKeys done) {
      return std::make_unique<RoleChainRun>(*context_, profile_, terms, std::move(done));
    };
  }
  static BaseKey copy_of(const BaseKey& key) {
    return {key.access_key_id, ipc::SecretBuffer::copy_of(key.secret_access_key.reveal()),
            ipc::SecretBuffer::copy_of(key.session_token.reveal())};
  }
  ipc::Result<Principal> identity(const BaseKey& key) {
    FixedKey keys(copy_of(key));
    AwsContext context{*http_, *timers_, clock_};
    context.keys = &keys;
    std::optional<ipc::Result<Principal>> got;
    const auto call = ask_identity(context, profile_.sts, [&](ipc::Result<Principal> who) { got = std::move(who); });
    while (!got) event_base_loop(base_, EVLOOP_ONCE);
    return std::move(*got);
  }
  ipc::Result<Parameter> parameter(const std::string& name) {
    std::optional<ipc::Result<Parameter>> got;
    const auto call =
        ask_parameter(*context_, profile_.ssm, name, [&](ipc::Result<Parameter> p) { got = std::move(p); });
    while (!got) event_base_loop(base_, EVLOOP_ONCE);
    return std::move(*got);
  }
  void fault(const std::string& fields) { aws_->control(R"({"op":"fault","kind":)" + fields + "}"); }
  bool is_refused(const std::string& got, const std::string& part) {
    EXPECT_EQ(got.find("error: "), 0u) << got;
    return got.find(part) != std::string::npos;
  }

  event_base* base_ = nullptr;
  std::unique_ptr<AwsStandin> aws_;
  SystemClock clock_;
  std::unique_ptr<AwsHttp> http_;
  std::unique_ptr<EventTimers> timers_;
  std::unique_ptr<AwsContext> context_;
  BaseKey key_;
  std::unique_ptr<FixedKey> keys_;
  ResolvedProfile profile_;
  std::unique_ptr<FreshKeys> issuer_;
};

TEST_P(Aws, AWrongSecretIsRefusedWithoutARetry) {
  const BaseKey wrong{key_.access_key_id, ipc::SecretBuffer::copy_of("not-the-secret"), {}};
  const auto who = identity(wrong);
  ASSERT_FALSE(who);
  EXPECT_NE(who.error().what.find("SignatureDoesNotMatch"), std::string::npos) << who.error().what;
  EXPECT_EQ(aws_->control(R"({"op":"log"})").size(), 1u);
}

TEST_P(Aws, AnUnknownKeyIsRefused) {
  const BaseKey unknown{"AKIANOBODY0000000000", ipc::SecretBuffer::copy_of(key_.secret_access_key.reveal()), {}};
  EXPECT_NE(identity(unknown).error().what.find("InvalidClientTokenId"), std::string::npos);
}

TEST_P(Aws, ParametersThatCannotBeReadSayWhy) {
  EXPECT_EQ(parameter("/sentinel/policies/absent").error().what,
            "there is no SSM parameter '/sentinel/policies/absent'");
  EXPECT_NE(parameter("/sentinel/policies/denied").error().next_step.find("ssm:GetParameter"), std::string::npos);
  EXPECT_NE(parameter("/sentinel/policies/locked").error().next_step.find("kms:Decrypt"), std::string::npos);
}

TEST_P(Aws, ARoleThatRefusesIsNamed) {
  add_role("ledger-denied");
  EXPECT_TRUE(is_refused(issue(), "AccessDenied"));
  EXPECT_EQ(aws_->calls("AssumeRole").size(), 1u);
}

TEST_P(Aws, ARoleWithoutSetSourceIdentityIsRefused) {
  add_role("ledger-no-source-identity");
  EXPECT_TRUE(is_refused(issue(), "ledger-no-source-identity"));
}

TEST_P(Aws, AMissingExternalIdIsRefusedAndTheRightOneIsTaken) {
  add_role("ledger-external", "wrong");
  EXPECT_TRUE(is_refused(issue(), "AccessDenied"));
  issuer_.reset();
  profile_.chain[0].external_id = "invoice-77";
  EXPECT_EQ(issue().substr(0, 4), "ASIA");
}

TEST_P(Aws, ADurationBeyondTheRolesMaximumIsRefused) {
  add_role("ledger-short");
  EXPECT_TRUE(is_refused(issue(2h), "ValidationError"));
}

TEST_P(Aws, AnAnswerThatIsNoXmlIsRefusedAndNotRepeated) {
  add_role("ledger-prod");
  fault(R"("not_xml","action":"AssumeRole")");
  EXPECT_TRUE(is_refused(issue(), "not acceptable"));
  EXPECT_EQ(aws_->calls("AssumeRole").size(), 1u);
}

TEST_P(Aws, KeysThatEndAtOnceAreNeverServed) {
  add_role("ledger-prod");
  fault(R"("lifetime","seconds":30,"action":"AssumeRole")");
  EXPECT_TRUE(is_refused(issue(), "end in"));
}

TEST_P(Aws, ThrottlingAndServerErrorsPass) {
  add_role("ledger-prod");
  fault(R"("error","action":"AssumeRole","code":"Throttling","count":1)");
  fault(R"("status","action":"AssumeRole","status":503,"count":1)");
  fault(R"("drop_before","action":"AssumeRole","count":1)");
  EXPECT_EQ(issue().substr(0, 4), "ASIA");
  EXPECT_EQ(aws_->calls("AssumeRole").size(), 4u);
}

TEST_P(Aws, AClockThatIsAnHourOffIsCorrected) {
  aws_->control(R"({"op":"clock","offset":3600})");
  add_role("ledger-prod");
  EXPECT_EQ(issue().substr(0, 4), "ASIA");
  EXPECT_GT(context_->clock_offset, 59min);
  EXPECT_LT(context_->clock_offset, 61min);
  EXPECT_TRUE(issuer_->current());
}

TEST_P(Aws, TheIdentityOfTheBaseKeyIsRead) {
  const auto who = identity(key_);
  ASSERT_TRUE(who) << who.error().what;
  EXPECT_EQ(who->user, "marta");
  EXPECT_EQ(who->account, "111122223333");
}

TEST_P(Aws, ParametersAreReadDecryptedWithTheirVersion) {
  const auto plain = parameter("/sentinel/policies/default");
  ASSERT_TRUE(plain) << plain.error().what;
  EXPECT_EQ(plain->version, 1);
  aws_->control(R"({"op":"put_parameter","name":"/sentinel/policies/secret","value":"new","type":"SecureString"})");
  const auto secret = parameter("/sentinel/policies/secret");
  ASSERT_TRUE(secret) << secret.error().what;
  EXPECT_EQ(secret->value, "new");
  EXPECT_EQ(secret->version, 2);
}

// Compared is what the stand-in received, which takes what STS takes and nothing else.
TEST_P(Aws, ARoleIsAssumedWithTheSourceIdentityAndOnlyOnce) {
  add_role("ledger-prod");
  const std::string id = issue();
  EXPECT_EQ(id.substr(0, 4), "ASIA");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(issue(), id);
  const auto calls = aws_->calls("AssumeRole");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0]["params"]["SourceIdentity"].asString(), issuer_->current()->source_identity);
  EXPECT_EQ(calls[0]["params"]["DurationSeconds"].asString(), "900");
}

TEST_P(Aws, AChainOfTwoRolesIsFollowedAndItsKeysWork) {
  add_role("ledger-prod");
  add_role("ledger-chained");
  EXPECT_EQ(issue(2h).substr(0, 4), "ASIA");
  const IssuedCredentials* keys = issuer_->current();
  ASSERT_TRUE(keys);
  const BaseKey issued{keys->access_key_id, ipc::SecretBuffer::copy_of(keys->secret_access_key.reveal()),
                       ipc::SecretBuffer::copy_of(keys->session_token.reveal())};
  const auto who = identity(issued);
  ASSERT_TRUE(who) << who.error().what;
  EXPECT_EQ(who->arn, "arn:aws:sts::111122223333:assumed-role/ledger-chained/sentinel-marta");
  EXPECT_EQ(who->user, "");  // a session name is no identity
}

TEST_P(Aws, WithoutARoleASessionOfTheUserIsIssued) {
  EXPECT_EQ(issue(1h).substr(0, 4), "ASIA");
  EXPECT_EQ(aws_->calls("GetSessionToken").size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Transport, Aws, ::testing::Bool(),
                         [](const auto& tls) { return tls.param ? "Tls" : "Plain"; });

}  // namespace
}  // namespace broker
