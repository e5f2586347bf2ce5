#include "services/request_forms.h"

#include <gtest/gtest.h>

#include "aws_fakes.h"
#include "services/dynamodb.h"
#include "services/kms.h"
#include "services/ssm.h"

namespace broker {
namespace {

std::string headers_of(const AwsRequest& request) {
  std::string text = request.service;
  for (const HttpHeader& header : request.headers) text += " " + header.name + "=" + header.value;
  return text;
}

// The protocol's version and the target are what the service tells the actions apart by.
TEST(JsonRequest, EachServiceIsAskedInItsOwnProtocol) {
  const AwsEndpoint at = testing::endpoint();
  EXPECT_EQ(headers_of(get_parameter(at, "/p")),
            "ssm Content-Type=application/x-amz-json-1.1 X-Amz-Target=AmazonSSM.GetParameter");
  EXPECT_EQ(headers_of(kms_sign(at, "alias/fleet", "message")),
            "kms Content-Type=application/x-amz-json-1.1 X-Amz-Target=TrentService.Sign");
  EXPECT_EQ(headers_of(get_item(at, {"sessions", "id", "1"})),
            "dynamodb Content-Type=application/x-amz-json-1.0 X-Amz-Target=DynamoDB_20120810.GetItem");
}

TEST(JsonRequest, TheBodyAndTheActionAreAsGiven) {
  const AwsRequest request = json_request({"x", "X_1", "1.0"}, testing::endpoint(), "Do", "{}");
  EXPECT_EQ(request.action, "Do");
  EXPECT_EQ(request.body, "{}");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.endpoint.host, "sts.example.com");
}

}  // namespace
}  // namespace broker
