#include "services/ssm.h"

#include <gtest/gtest.h>

#include "aws_fakes.h"
#include "call/json_failure.h"

namespace broker {
namespace {

constexpr char kName[] = "/sentinel/policies/default";

std::string good(const std::string& name = kName) {
  return R"({"Parameter":{"ARN":"arn:aws:ssm:eu-west-1:111122223333:parameter/x","Name":")" + name +
         R"(","Type":"String","Value":"version: \"1\"\n","Version":7}})";
}

HttpAnswer ssm_answer(long status, std::string_view body, std::string error_type = {}) {
  HttpAnswer reply;
  reply.status = status;
  reply.body.append(body);
  reply.error_type = std::move(error_type);
  return reply;
}

ipc::Error worded_ssm(long status, const std::string& code, const std::string& message = "m",
                      const std::string& action = "GetParameter") {
  const ipc::Fault fault =
      next_try(AwsFailure{status, code, ""}) == NextTry::kAfterDelay ? ipc::Fault::kUnavailable : ipc::Fault::kRefused;
  return parameter_error(action, kName, {{fault, action + " failed", ""}, {status, code, message}});
}

TEST(Ssm, RefusesWhatIsNotTheAnswer) {
  for (const char* body :
       {"", "null", "[]", "1", "{}", "{\"Parameter\":1}", "{\"Parameter\":{}}",
        "{\"Parameter\":{\"Name\":\"/sentinel/policies/default\",\"Value\":1,\"Version\":7}}",
        "{\"Parameter\":{\"Name\":\"/sentinel/policies/default\",\"Value\":\"v\"}}",
        "{\"Parameter\":{\"Name\":\"/sentinel/policies/default\",\"Value\":\"v\",\"Version\":\"7\"}}",
        "{\"Parameter\":{\"Name\":\"/sentinel/policies/default\",\"Value\":\"v\",\"Version\":0}}",
        "{\"Parameter\":{\"Name\":\"/sentinel/policies/default\",\"Value\":\"v\",\"Version\":99999999999999999999}}",
        "{\"Parameter\":{\"Value\":\"v\",\"Version\":7}}"}) {
    EXPECT_FALSE(read_parameter(kName, body)) << body;
  }
}

TEST(Ssm, RefusesBrokenOrAmbiguousJson) {
  const std::string whole = good();
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(read_parameter(kName, whole.substr(0, size)));
  EXPECT_FALSE(read_parameter(kName, whole + "x"));
  EXPECT_FALSE(read_parameter(kName, "/* c */" + whole));
  std::string twice = whole;
  twice.insert(twice.find("\"Value\""), "\"Value\":\"other\",");
  EXPECT_FALSE(read_parameter(kName, twice));
  EXPECT_FALSE(read_parameter(kName, std::string(100000, '[')));
}

TEST(Ssm, RefusesAnAnswerAboutAnotherParameter) {
  EXPECT_FALSE(read_parameter(kName, good("/sentinel/policies/other")));
  EXPECT_FALSE(read_parameter("arn:aws:ssm:eu-west-1:111122223333:parameter/a", good("/b")));
  EXPECT_FALSE(read_parameter("arn:aws:ssm", good("")));
}

TEST(Ssm, ReadsValueAndVersion) {
  const auto parameter = read_parameter(kName, good());
  ASSERT_TRUE(parameter);
  EXPECT_EQ(parameter->value, "version: \"1\"\n");
  EXPECT_EQ(parameter->version, 7);
  EXPECT_TRUE(read_parameter(std::string(kName) + ":7", good()));
  EXPECT_TRUE(read_parameter("arn:aws:ssm:eu-west-1:111122223333:parameter" + std::string(kName), good()));
  EXPECT_TRUE(read_parameter("arn:aws:ssm:eu-west-1:111122223333:parameter/plain", good("plain")));
}

TEST(Ssm, ReadsTheErrorCodeInEachFormThatJsonServicesUse) {
  EXPECT_EQ(read_json_failure(ssm_answer(400, R"({"__type":"ParameterNotFound"})")).code, "ParameterNotFound");
  EXPECT_EQ(
      read_json_failure(ssm_answer(400, R"({"__type":"com.amazonaws.ssm#ParameterNotFound","message":"x"})")).code,
      "ParameterNotFound");
  EXPECT_EQ(read_json_failure(ssm_answer(400, "{}", "ParameterNotFound:http://internal/")).code, "ParameterNotFound");
  EXPECT_EQ(read_json_failure(ssm_answer(503, "<html>")).code, "");
  EXPECT_EQ(read_json_failure(ssm_answer(400, R"({"__type":"A","Message":"two\nlines"})")).message, "two");
  EXPECT_EQ(read_json_failure(ssm_answer(400, R"({"__type":7,"message":[]})")).code, "");
}

TEST(Ssm, EachFailureSaysWhatToDo) {
  EXPECT_EQ(worded_ssm(400, "ParameterNotFound").what, "there is no SSM parameter '/sentinel/policies/default'");
  EXPECT_EQ(worded_ssm(400, "AccessDeniedException", "no").next_step, "allow ssm:GetParameter to this identity");
  EXPECT_EQ(worded_ssm(400, "AccessDeniedException", "no", "GetParameters").next_step,
            "allow ssm:GetParameters to this identity, on the policy's parameter and on its signature's");
  EXPECT_NE(
      worded_ssm(400, "AccessDeniedException", "not authorized to perform: kms:Decrypt").next_step.find("kms:Decrypt"),
      std::string::npos);
  EXPECT_NE(worded_ssm(400, "ThrottlingException").next_step.find("try again"), std::string::npos);
  EXPECT_NE(worded_ssm(400, "ValidationException").next_step.find("--policy-parameter"), std::string::npos);
  EXPECT_FALSE(worded_ssm(400, "Unheard").next_step.empty());
  EXPECT_NE(
      parameter_error("GetParameter", kName, {{ipc::Fault::kUnavailable, "no answer", "n"}, {}}).what.find("no answer"),
      std::string::npos);
}

TEST(Ssm, ANameWithQuotesStaysOneString) {
  EXPECT_EQ(get_parameter({}, "a\"},{\\").body, R"({"Name":"a\"},{\\","WithDecryption":true})");
}

std::string element(const std::string& name, const std::string& value) {
  return R"({"Name":")" + name + R"(","Value":")" + value + R"(","Version":3})";
}

TEST(SsmPair, BothAreFoundByNameAndAMissingOneIsNothing) {
  const auto both =
      read_parameters("/a", "/b", R"({"Parameters":[)" + element("/b", "two") + "," + element("/a", "one") + "]}");
  ASSERT_TRUE(both) << both.error().what;
  ASSERT_TRUE(both->first && both->second);
  EXPECT_EQ(both->first->value, "one");
  EXPECT_EQ(both->second->value, "two");
  const auto one =
      read_parameters("/a", "/b", R"({"Parameters":[)" + element("/a", "one") + R"(],"InvalidParameters":["/b"]})");
  ASSERT_TRUE(one);
  EXPECT_TRUE(one->first);
  EXPECT_FALSE(one->second);
}

TEST(SsmPair, WhatIsNotGetParametersAnswerIsRefused) {
  for (const std::string& body : {std::string("{}"), std::string("[]"), std::string(R"({"Parameters":{}})"),
                                  std::string(R"({"Parameters":["x"]})"),
                                  R"({"Parameters":[)" + element("/a", "1") + "," + element("/a", "2") + "]}",
                                  std::string(R"({"Parameters":[{"Name":"/a","Value":"x","Version":0}]})"),
                                  std::string(R"({"Parameters":[{"Name":"/a","Version":1}]})")}) {
    EXPECT_FALSE(read_parameters("/a", "/b", body)) << body;
  }
}

TEST(SsmPair, TheRequestAsksForBothDecrypted) {
  EXPECT_EQ(get_parameters({}, "/a", "/b\"").body, R"({"Names":["/a","/b\""],"WithDecryption":true})");
}

}  // namespace
}  // namespace broker
