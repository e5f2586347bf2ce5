#include "sources/instance.h"

#include <gtest/gtest.h>

#include "call/signing_keys.h"
#include "key_fetch_case.h"
#include "keys/renewed_keys.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::FakeAws;
using testing::header_of;

std::string keys_json(std::string_view end, std::string_view id = "ASIAINSTANCE") {
  return R"({"Code":"Success","LastUpdated":"2026-01-27T09:00:00Z","Type":"AWS-HMAC","AccessKeyId":")" +
         std::string(id) + R"(","SecretAccessKey":"instance-secret","Token":"instance-token","Expiration":")" +
         std::string(end) + "\"}";
}
constexpr char kEnd[] = "2026-01-27T16:00:00Z";

class InstanceKeysTest : public testing::KeyFetchCase {
 protected:
  InstanceKeysTest() { start_ = instance_keys(aws_.context, plan_); }
  // The last step's answer, after two good ones.
  std::string of_keys(std::string_view body, long status = 200) {
    ask();
    aws_.http.answer(200, "session-token");
    aws_.http.answer(200, "desk-instance");
    aws_.http.answer(status, body);
    return why();
  }
  InstancePlan plan_{"http://169.254.169.254", "/home/marta/.aws/config:4"};
};

TEST_F(InstanceKeysTest, WhereNobodyAnswersItSaysSoAfterThreeTriesOfASecond) {
  ask();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(answers_, 0);
    EXPECT_EQ(aws_.http.last().deadline, 1s);
    aws_.http.fail(ipc::Fault::kUnavailable);
    aws_.timers.pass(5s);
  }
  ASSERT_EQ(answers_, 1);
  EXPECT_TRUE(why().starts_with("/home/marta/.aws/config:4: asking the instance metadata service for a token"));
  EXPECT_EQ(keys_.error().fault, ipc::Fault::kUnavailable);
  EXPECT_NE(keys_.error().next_step.find("hop limit"), std::string::npos);
}

TEST_F(InstanceKeysTest, VersionOneIsNeverAskedWhereThereIsNoToken) {
  for (const long status : {403L, 404L, 405L, 400L}) {
    ask();
    aws_.http.answer(status, "<html>no</html>");
    EXPECT_NE(why().find("HTTP status " + std::to_string(status)), std::string::npos) << why();
    EXPECT_NE(keys_.error().next_step.find("version 2"), std::string::npos);
    EXPECT_EQ(aws_.http.waiting(), 0u);
  }
}

TEST_F(InstanceKeysTest, ATokenThatFitsNoHeaderIsRefused) {
  for (const std::string& token :
       {std::string(), std::string("two words"), std::string("\x01"), std::string(1025, 't')}) {
    ask();
    aws_.http.answer(200, token);
    EXPECT_NE(why().find("a token that is none"), std::string::npos) << why();
    EXPECT_EQ(aws_.http.waiting(), 0u);
  }
}

TEST_F(InstanceKeysTest, ARoleNameWithOddBytesIsRefusedAndNeverAskedFor) {
  for (const std::string_view name : {"", "\n", "../../user-data", "a/b", "role?x=1", "two\nroles", "role\x01", "..",
                                      "r\xc3\xb4le", "<html>", "role%2fname"}) {
    ask();
    aws_.http.answer(200, "session-token");
    aws_.http.answer(200, name);
    EXPECT_NE(why().find("the name of a role that can be none"), std::string::npos) << name << ": " << why();
    EXPECT_EQ(aws_.http.waiting(), 0u);
  }
}

TEST_F(InstanceKeysTest, AnInstanceWithoutARoleIsToldToGetOne) {
  ask();
  aws_.http.answer(200, "session-token");
  aws_.http.answer(404, "<html>404</html>");
  EXPECT_NE(why().find("for the instance's role"), std::string::npos) << why();
  EXPECT_NE(keys_.error().next_step.find("instance profile"), std::string::npos);
}

TEST_F(InstanceKeysTest, AnAnswerThatIsNoSuccessIsShownPrintable) {
  const std::string said = of_keys("{\"Code\":\"AssumeRole\\u001bX\",\"Message\":\"EC2 cannot assume\\nthe role\"}");
  EXPECT_NE(said.find("gives no keys of role desk-instance: AssumeRole?X: EC2 cannot assume"), std::string::npos)
      << said;
  EXPECT_EQ(said.find('\n'), std::string::npos);
  EXPECT_NE(keys_.error().next_step.find("ec2.amazonaws.com"), std::string::npos);
}

TEST_F(InstanceKeysTest, KeysThatAreNotWholeOrHaveEndedAreRefused) {
  EXPECT_NE(of_keys("<html>").find("is not one JSON object"), std::string::npos);
  EXPECT_NE(of_keys("{}").find("has no AccessKeyId"), std::string::npos);
  EXPECT_NE(of_keys(R"({"Code":"Success","AccessKeyId":"ASIAX","SecretAccessKey":"s"})").find("has no Token"),
            std::string::npos);
  EXPECT_NE(of_keys(R"({"AccessKeyId":"ASIAX","SecretAccessKey":"s","Token":"t"})").find("has no Expiration"),
            std::string::npos);
  EXPECT_NE(of_keys(keys_json("2026-01-27T09:59:00Z")).find("has keys that ended at"), std::string::npos);
  EXPECT_NE(of_keys(keys_json(kEnd), 404).find("HTTP status 404"), std::string::npos);
}

TEST_F(InstanceKeysTest, ThreeStepsLeadToTheKeysAndNoneGoesThroughAProxyOrTeachesAClock) {
  ask();
  EXPECT_EQ(aws_.http.last().method, "PUT");
  EXPECT_EQ(aws_.http.last().url, "http://169.254.169.254/latest/api/token");
  EXPECT_EQ(header_of(aws_.http.last(), "X-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(header_of(aws_.http.last(), "Authorization"), "");
  aws_.http.answer(200, "session-token\n", aws_.context.aws_now() + 3h);
  EXPECT_EQ(aws_.http.last().method, "GET");
  EXPECT_EQ(aws_.http.last().url, "http://169.254.169.254/latest/meta-data/iam/security-credentials/");
  EXPECT_EQ(header_of(aws_.http.last(), "X-aws-ec2-metadata-token"), "session-token");
  aws_.http.answer(200, "desk-instance\n", aws_.context.aws_now() + 3h);
  EXPECT_EQ(aws_.http.last().url, "http://169.254.169.254/latest/meta-data/iam/security-credentials/desk-instance");
  EXPECT_EQ(header_of(aws_.http.last(), "X-aws-ec2-metadata-token"), "session-token");
  aws_.http.answer(200, keys_json(kEnd), aws_.context.aws_now() + 3h);
  ASSERT_EQ(why(), "keys");
  EXPECT_EQ(keys_->access_key_id, "ASIAINSTANCE");
  EXPECT_EQ(keys_->session_token.reveal(), "instance-token");
  EXPECT_EQ(aws_.context.clock_offset, 0s);
  for (const auto& sent : aws_.http.requests) EXPECT_TRUE(sent->request.direct);
}

TEST_F(InstanceKeysTest, ARenewalBeginsWithATokenOfItsOwn) {
  RenewedKeys keys(aws_.context, start_);
  keys.get([](const ipc::Result<SharedKey>&) {});
  aws_.http.answer(200, "first-token");
  aws_.http.answer(200, "desk-instance");
  aws_.http.answer(200, keys_json(kEnd));
  aws_.timers.pass(5h);
  EXPECT_EQ(aws_.http.last().method, "PUT");
  aws_.http.answer(200, "second-token");
  EXPECT_EQ(header_of(aws_.http.last(), "X-aws-ec2-metadata-token"), "second-token");
}

}  // namespace
}  // namespace broker
