#include "services/dynamodb.h"

#include <gtest/gtest.h>

#include "aws_fakes.h"
#include "call/json_failure.h"
#include "text/json_value.h"

namespace broker {
namespace {

const TableKey kKey{"sessions", "id", "0123456789abcdef"};

ipc::Error worded(long status, const std::string& code, const std::string& message = "m") {
  const ipc::Fault fault =
      next_try(AwsFailure{status, code, ""}) == NextTry::kAfterDelay ? ipc::Fault::kUnavailable : ipc::Fault::kRefused;
  return table_error("sessions", {{fault, "UpdateItem failed", ""}, {status, code, message}});
}

Json::Value body_of(const AwsRequest& request) { return read_object(request.body).value_or(Json::Value()); }

TEST(DynamoDb, RefusesWhatIsNotTheAnswer) {
  for (const char* body : {"", "null", "[]", "1", "{\"Item\":1}", "{\"Item\":[]}", "{\"Item\":{\"id\":1}}",
                           "{\"Item\":{\"id\":{}}}", "{\"Item\":{\"id\":{\"S\":\"a\",\"N\":\"1\"}}}", "{} {}"}) {
    EXPECT_FALSE(read_item(body)) << body;
  }
  for (const char* body : {"", "null", "[]", "<html>"}) EXPECT_FALSE(read_written("UpdateItem", body)) << body;
}

TEST(DynamoDb, AnAnswerWithoutAnItemIsNoItem) {
  const auto found = read_item("{}");
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
}

TEST(DynamoDb, ANumberIsNotTakenForAText) {
  const auto found = read_item(R"({"Item":{"status":{"N":"1"},"user":{"S":"marta"},"device":{"BOOL":true}}})");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(text_in(**found, "status"), "");
  EXPECT_EQ(text_in(**found, "user"), "marta");
  EXPECT_EQ(text_in(**found, "device"), "");
}

TEST(DynamoDb, TableNamesThatDynamoDbWouldNotTakeAreRefused) {
  for (const char* name : {"", "ab", "a b c", "sessions/x", "sess\nions", "arn:aws:dynamodb", "s\xC3\xA4ssions"})
    EXPECT_FALSE(check_table_name(name)) << name;
  EXPECT_FALSE(check_table_name(std::string(256, 'a')));
  for (const char* name : {"abc", "sentinel-sessions", "S.e_1-2", "arn:aws:dynamodb:eu-west-1:111122223333:table/s"})
    EXPECT_TRUE(check_table_name(name)) << name;
}

TEST(DynamoDb, EachRefusalNamesItsRemedy) {
  EXPECT_NE(worded(400, "ResourceNotFoundException").what.find("does not exist"), std::string::npos);
  EXPECT_NE(worded(400, "ResourceNotFoundException").next_step.find("--session-table"), std::string::npos);
  EXPECT_NE(worded(400, "AccessDeniedException").next_step.find("dynamodb:UpdateItem"), std::string::npos);
  EXPECT_NE(worded(400, "ValidationException").next_step.find("only key is id"), std::string::npos);
  EXPECT_NE(worded(400, "SomethingNew").what.find("SomethingNew"), std::string::npos);
  for (const char* code : {"ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
                           "TransactionConflictException"}) {
    const ipc::Error error = worded(400, code);
    EXPECT_EQ(error.fault, ipc::Fault::kUnavailable) << code;
    EXPECT_NE(error.next_step.find("throttled"), std::string::npos) << code;
  }
  for (const char* code : {"ResourceNotFoundException", "AccessDeniedException", "ConditionalCheckFailedException"})
    EXPECT_EQ(worded(400, code).fault, ipc::Fault::kRefused) << code;
}

TEST(DynamoDb, AFailedConditionIsToldFromOtherRefusals) {
  HttpAnswer answer;
  answer.status = 400;
  answer.body.append(R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"m"})");
  EXPECT_TRUE(condition_failed(read_json_failure(answer)));
  EXPECT_FALSE(condition_failed({400, "ValidationException", "ConditionalCheckFailedException"}));
}

TEST(DynamoDb, AnUpdateIsConditionalOnTheItemAndOnWhatItHolds) {
  const AwsRequest request =
      update_item(testing::endpoint(), kKey, {{"count", "7", true}, {"status", "expired"}}, {{"status", "active"}});
  EXPECT_EQ(request.service, "dynamodb");
  EXPECT_EQ(request.headers[0].value, "application/x-amz-json-1.0");
  EXPECT_EQ(request.headers[1].value, "DynamoDB_20120810.UpdateItem");
  const Json::Value body = body_of(request);
  EXPECT_EQ(body["TableName"].asString(), "sessions");
  EXPECT_EQ(body["Key"]["id"]["S"].asString(), "0123456789abcdef");
  EXPECT_EQ(body["UpdateExpression"].asString(), "SET #count = :count, #status = :status");
  EXPECT_EQ(body["ConditionExpression"].asString(), "attribute_exists(#id) AND #status = :is_status");
  EXPECT_EQ(body["ExpressionAttributeNames"].getMemberNames(), (std::vector<std::string>{"#count", "#id", "#status"}));
  EXPECT_EQ(body["ExpressionAttributeValues"][":count"]["N"].asString(), "7");
  EXPECT_EQ(body["ExpressionAttributeValues"][":status"]["S"].asString(), "expired");
  EXPECT_EQ(body["ExpressionAttributeValues"][":is_status"]["S"].asString(), "active");
}

TEST(DynamoDb, APutNeverOverwritesAStrangersItem) {
  const Json::Value body = body_of(put_item(testing::endpoint(), kKey, {{"status", "active"}}, {{"writer", "w"}}));
  EXPECT_EQ(body["Item"]["id"]["S"].asString(), "0123456789abcdef");
  EXPECT_EQ(body["Item"]["status"]["S"].asString(), "active");
  EXPECT_EQ(body["ConditionExpression"].asString(), "attribute_not_exists(#id) OR (#writer = :is_writer)");
}

TEST(DynamoDb, AReadIsConsistent) {
  const Json::Value body = body_of(get_item(testing::endpoint(), kKey));
  EXPECT_TRUE(body["ConsistentRead"].asBool());
  EXPECT_EQ(body["Key"]["id"]["S"].asString(), "0123456789abcdef");
}

}  // namespace
}  // namespace broker
