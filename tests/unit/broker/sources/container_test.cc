#include "sources/container.h"

#include <gtest/gtest.h>

#include "call/signing_keys.h"
#include "key_fetch_case.h"
#include "keys/renewed_keys.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::FakeAws;
using testing::FakeErrands;
using testing::header_of;

constexpr char kKeys[] =
    R"({"RoleArn":"arn:aws:iam::111122223333:role/desk-task","AccessKeyId":"ASIATASK","SecretAccessKey":"task-secret",)"
    R"("Token":"task-token","Expiration":"2026-01-27T16:00:00Z"})";

class ContainerKeysTest : public testing::KeyFetchCase {
 protected:
  void ask(std::string_view token = "") {
    start_ = container_keys(aws_.context, errands_, "task", plan_,
                            token.empty() ? ipc::SecretBuffer() : ipc::SecretBuffer::copy_of(token));
    KeyFetchCase::ask();
  }
  std::string refused(long status, std::string_view body) {
    ask("token-of-the-environment");
    aws_.http.answer(status, body);
    return why();
  }
  ContainerPlan plan_{"http://169.254.170.2/v2/credentials/6f0b6d5e?part=1", "", "/home/marta/.aws/config:4"};
};

TEST_F(ContainerKeysTest, WhereNobodyAnswersItSaysSoAfterThreeTries) {
  ask();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(answers_, 0);
    EXPECT_EQ(aws_.http.last().deadline, 2s);
    aws_.http.fail(ipc::Fault::kUnavailable);
    aws_.timers.pass(5s);
  }
  ASSERT_EQ(answers_, 1);
  EXPECT_TRUE(why().starts_with("/home/marta/.aws/config:4: asking for the container's keys")) << why();
  EXPECT_NE(keys_.error().next_step.find("agent"), std::string::npos);
}

// What follows from a certificate was said where it was looked at.
TEST_F(ContainerKeysTest, ACertificateThatIsNotTrustedIsNoMissingAgent) {
  ask();
  aws_.http.fail(ipc::Fault::kConfig);
  ASSERT_EQ(answers_, 1);
  EXPECT_EQ(keys_.error().next_step.find("agent"), std::string::npos) << keys_.error().next_step;
}

TEST_F(ContainerKeysTest, ARefusalIsShownWithItsCodeAndMessageAndNothingUnprintable) {
  const std::string ecs =
      refused(400, R"({"code":"InvalidIdInRequest","message":"no\u001b such","HTTPErrorCode":400})");
  EXPECT_NE(ecs.find("InvalidIdInRequest: no? such"), std::string::npos) << ecs;
  const std::string eks = refused(403, "Service account token is not valid\nand more");
  EXPECT_NE(eks.find("HTTP status 403: Service account token is not valid"), std::string::npos) << eks;
  EXPECT_EQ(eks.find("and more"), std::string::npos);
  EXPECT_NE(keys_.error().next_step.find("AWS_CONTAINER_AUTHORIZATION_TOKEN"), std::string::npos);
  const std::string page = refused(404, "<html><script>x</script></html>");
  EXPECT_NE(page.find("HTTP status 404"), std::string::npos) << page;
  EXPECT_EQ(page.find("script"), std::string::npos) << page;
}

TEST_F(ContainerKeysTest, AnAnswerThatIsNoKeysIsRefusedAndTheSecretPathIsNotShown) {
  for (const std::string_view body :
       {"", "[]", "{}", R"({"AccessKeyId":"ASIATASK","SecretAccessKey":"s","Token":"t"})",
        R"({"AccessKeyId":"ASIATASK","SecretAccessKey":"s","Expiration":"2026-01-27T16:00:00Z"})",
        R"({"AccessKeyId":"ASIATASK","SecretAccessKey":"s","Token":"t","Expiration":"2026-01-27T10:00:00Z"})"}) {
    const std::string said = refused(200, body);
    EXPECT_NE(said.find("answered what"), std::string::npos) << said;
    EXPECT_EQ(said.find("6f0b6d5e"), std::string::npos) << said;
  }
}

TEST_F(ContainerKeysTest, ATokenFileThatCannotBeUsedIsNamedAndNothingIsSent) {
  plan_.token_file = "/var/run/token";
  ask();
  EXPECT_EQ(errands_.last().kind, ipc::ErrandKind::OpenTokenFile);
  errands_.fail({ipc::Fault::kRefused, "no such file", "look"});
  EXPECT_NE(why().find("no such file (the authorization token /var/run/token)"), std::string::npos) << why();
  ask();
  errands_.opened("one\ntwo");
  EXPECT_NE(why().find("/var/run/token has more than one line"), std::string::npos) << why();
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(ContainerKeysTest, TheRequestHasPathQueryAndTheEnvironmentsTokenAndIsUnsigned) {
  ask("Basic abc");
  const HttpRequest& sent = aws_.http.last();
  EXPECT_EQ(sent.url, plan_.url);
  EXPECT_EQ(sent.method, "GET");
  EXPECT_TRUE(sent.direct);
  EXPECT_EQ(header_of(sent, "Authorization"), "Basic abc");
  EXPECT_EQ(header_of(sent, "Host"), "169.254.170.2");
  aws_.http.answer(200, kKeys);
  ASSERT_EQ(why(), "keys");
  EXPECT_EQ(keys_->access_key_id, "ASIATASK");
  EXPECT_EQ(keys_->session_token.reveal(), "task-token");
}

TEST_F(ContainerKeysTest, WithoutATokenNoneIsSent) {
  plan_.url = "http://localhost:8080";
  ask();
  EXPECT_EQ(aws_.http.last().url, "http://localhost:8080/");
  EXPECT_EQ(header_of(aws_.http.last(), "Authorization"), "");
}

TEST_F(ContainerKeysTest, TheTokenFileIsReadAnewEachTimeAndGoesBeforeTheEnvironments) {
  plan_.token_file = "/var/run/token";
  RenewedKeys keys(aws_.context, container_keys(aws_.context, errands_, "task", plan_, {}));
  keys.get([](const ipc::Result<SharedKey>&) {});
  errands_.opened("first\n");
  EXPECT_EQ(header_of(aws_.http.last(), "Authorization"), "first");
  aws_.http.answer(200, kKeys);
  aws_.timers.pass(5h);
  errands_.opened("rotated");
  EXPECT_EQ(header_of(aws_.http.last(), "Authorization"), "rotated");
}

}  // namespace
}  // namespace broker
