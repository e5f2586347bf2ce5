#include "services/console.h"

#include <gtest/gtest.h>

#include "text/percent.h"

namespace broker {
namespace {

using ipc::Fault;

class ConsoleTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
};

TEST_F(ConsoleTest, APartitionWithoutAKnownConsoleIsRefused) {
  for (const char* const partition : {"aws-iso", "aws-iso-b", "", "AWS", "aws "}) {
    const ConsolePlace place{partition, "us-iso-east-1"};
    EXPECT_EQ(federation_endpoint(place).error().fault, Fault::kConfig) << partition;
    EXPECT_EQ(console_destination(place, "").error().fault, Fault::kConfig) << partition;
  }
}

TEST_F(ConsoleTest, WhatIsNoPageOfTheConsoleIsRefused) {
  const ConsolePlace place{"aws", "eu-central-1"};
  for (const char* const page :
       {"http://console.aws.amazon.com/", "https://console.aws.amazon.com.evil.test/", "https://evilaws.amazon.com/",
        "https://x@console.aws.amazon.com/", "https://evil.test/console.aws.amazon.com", "https://",
        "javascript:alert(1)", "https://console.aws.amazon.com:8443/", "https://console.amazonaws.cn/", "S3", "-s3",
        "s3/home", " s3", "s3?x=1"}) {
    const auto destination = console_destination(place, page);
    ASSERT_FALSE(destination) << page;
    EXPECT_EQ(destination.error().fault, Fault::kUsage);
  }
  EXPECT_FALSE(console_destination(place, "https://console.aws.amazon.com/" + std::string(3000, 'x')));
}

TEST_F(ConsoleTest, EachPartitionHasItsOwnHosts) {
  constexpr const char* kRows[][3] = {
      {"aws", "https://signin.aws.amazon.com", "https://console.aws.amazon.com/console/home"},
      {"aws-cn", "https://signin.amazonaws.cn", "https://console.amazonaws.cn/console/home"},
      {"aws-us-gov", "https://signin.amazonaws-us-gov.com", "https://console.amazonaws-us-gov.com/console/home"},
  };
  for (const auto& [partition, sign_in, console] : kRows) {
    EXPECT_EQ(federation_endpoint({partition, ""})->url, sign_in);
    EXPECT_EQ(*console_destination({partition, ""}, ""), console);
  }
}

TEST_F(ConsoleTest, ServicesAndPages) {
  const ConsolePlace place{"aws", "eu-west-1"};
  EXPECT_EQ(*console_destination(place, "s3"), "https://console.aws.amazon.com/s3/home?region=eu-west-1");
  for (const char* const page :
       {"https://eu-west-1.console.aws.amazon.com/ec2/home#Instances:", "https://aws.amazon.com/"})
    EXPECT_EQ(*console_destination(place, page), page);
}

TEST_F(ConsoleTest, TheKeysAreInTheBodyAlone) {
  const BaseKey keys{"ASIAKEY", ipc::SecretBuffer::copy_of("se+cr/et"), ipc::SecretBuffer::copy_of("to=ken")};
  const AwsRequest request = get_sign_in_token(*federation_endpoint({"aws", ""}), keys);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/federation");
  EXPECT_TRUE(request.query.empty());
  EXPECT_TRUE(request.anonymous);
  constexpr std::string_view kStart = "Action=getSigninToken&Session=";
  ASSERT_TRUE(request.body.starts_with(kStart));
  EXPECT_EQ(uri_decode(request.body.substr(kStart.size())),
            R"({"sessionId":"ASIAKEY","sessionKey":"se+cr/et","sessionToken":"to=ken"})");
  EXPECT_EQ(request.body.find("SessionDuration"), std::string::npos);
}

TEST_F(ConsoleTest, AnAnswerWithoutATokenIsRefused) {
  for (const std::string& body :
       {std::string(), std::string("<html>"), std::string("{}"), std::string(R"({"SigninToken":1})"),
        std::string(R"({"SigninToken":"a b"})"), std::string(R"({"SigninToken":"a","SigninToken":"b"})"),
        R"({"SigninToken":")" + std::string(kMaxSignInToken + 1, 'x') + "\"}"}) {
    const auto token = read_sign_in_token(body);
    ASSERT_FALSE(token) << body.substr(0, 60);
    EXPECT_EQ(token.error().fault, Fault::kProtocol);
  }
  EXPECT_EQ(read_sign_in_token(R"({"SigninToken":"abc-_"})")->reveal(), "abc-_");
}

TEST_F(ConsoleTest, ThePageHoldsDestinationAndToken) {
  const auto page =
      console_page(*federation_endpoint({"aws", ""}), "https://console.aws.amazon.com/s3/home?region=x", "a+b");
  EXPECT_EQ(
      page->reveal(),
      "https://signin.aws.amazon.com/federation?Action=login&Destination=https%3A%2F%2Fconsole.aws.amazon.com%2Fs3%2F"
      "home%3Fregion%3Dx&SigninToken=a%2Bb");
  EXPECT_FALSE(console_page(*federation_endpoint({"aws", ""}), "https://x/", std::string(kMaxConsolePage, '+')));
}

}  // namespace
}  // namespace broker
