#include "services/sts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws_fakes.h"
#include "call/next_step.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using testing::endpoint;
using testing::field;
using testing::issued;

constexpr char kTime[] = "2026-01-27T10:15:00Z";

class Sts : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
};

HttpAnswer sts_answer(long status, std::string_view body) {
  HttpAnswer reply;
  reply.status = status;
  reply.body.append(body);
  return reply;
}

std::string without(std::string text, const std::string& element) {
  const std::size_t start = text.find("<" + element + ">"), end = text.find("</" + element + ">");
  return text.erase(start, end + element.size() + 3 - start);
}

TEST_F(Sts, RefusesAnAnswerThatLacksAnyPart) {
  const std::string whole = issued("AssumeRole", kTime);
  ASSERT_TRUE(read_credentials("AssumeRole", whole));
  for (const char* part : {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "Credentials"}) {
    EXPECT_FALSE(read_credentials("AssumeRole", without(whole, part))) << part;
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_credentials("AssumeRole", whole.substr(0, size))) << size;
  }
}

TEST_F(Sts, RefusesTheAnswerToAnotherAction) {
  EXPECT_FALSE(read_credentials("AssumeRole", issued("GetSessionToken", kTime)));
  EXPECT_FALSE(read_credentials("AssumeRole", issued("AssumeRoleWithSAML", kTime)));
  EXPECT_FALSE(read_caller_identity(issued("AssumeRole", kTime)));
}

TEST_F(Sts, RefusesKeysThatWouldBreakAHeaderOrJson) {
  for (const char* bad : {"a b", "a&#10;b", "a&#233;b", "", "&#9;"}) {
    std::string body = issued("AssumeRole", kTime);
    body.replace(body.find("issued-secret"), 13, bad);
    EXPECT_FALSE(read_credentials("AssumeRole", body)) << bad;
    body = issued("AssumeRole", kTime);
    body.replace(body.find("issued-token"), 12, bad);
    EXPECT_FALSE(read_credentials("AssumeRole", body)) << bad;
    EXPECT_FALSE(read_credentials("AssumeRole", issued("AssumeRole", kTime, bad))) << bad;
  }
}

// AWS takes no two tags whose keys differ in case alone, and the rule's is the one that counts.
TEST_F(Sts, ARulesTagTakesThePlaceOfTheProfilesWhateverTheCaseOfTheirKeys) {
  AssumeRoleTerms terms{"arn:aws:iam::111122223333:role/prod", "marta", "", "", std::chrono::seconds(900)};
  terms.narrowing.tags = {{"team", "ledger"}, {"Cost-Center", "7"}};
  terms.tags = {{"TEAM", "mine"}, {"desk", "4"}, {"cost-center", "0"}};
  terms.transitive_tags = {"TEAM", "desk"};
  HttpRequest sent;
  sent.body = assume_role(endpoint(), terms).body;
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"team", "ledger"}, {"Cost-Center", "7"}, {"desk", "4"}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string member = "Tags.member." + std::to_string(i + 1);
    EXPECT_EQ(field(sent, member + ".Key"), expected[i].first);
    EXPECT_EQ(field(sent, member + ".Value"), expected[i].second);
  }
  EXPECT_EQ(field(sent, "Tags.member.4.Key"), "(absent)");
  EXPECT_EQ(field(sent, "TransitiveTagKeys.member.1"), "team") << "as the tag that is sent is written";
  EXPECT_EQ(field(sent, "TransitiveTagKeys.member.2"), "desk");
}

TEST_F(Sts, RefusesMalformedTimes) {
  for (const char* text :
       {"", "2026-01-27", "2026-01-27T10:15:00", "2026-01-27T10:15:00+00:00", "2026-13-27T10:15:00Z",
        "2026-02-30T10:15:00Z", "2026-01-27T24:00:00Z", "2026-01-27T10:60:00Z", "2026-01-27 10:15:00Z",
        "2026-01-27T10:15:00.Z", "2026-01-27T10:15:00.1x3Z", "-026-01-27T10:15:00Z", "2026-01-27T10:15:-1Z",
        "1999-01-27T10:15:00Z", "2026-01-27T1a:15:00Z"}) {
    EXPECT_FALSE(read_aws_time(text)) << text;
  }
  using namespace std::chrono;
  const sys_seconds expected = sys_days(year(2026) / 1 / 27) + 10h + 15min;
  EXPECT_EQ(read_aws_time(kTime).value(), expected);
  EXPECT_EQ(read_aws_time("2026-01-27T10:15:00.123Z").value(), expected);
}

TEST_F(Sts, NoErrorQuotesTheAnswer) {
  std::string body = issued("AssumeRole", "never");
  EXPECT_EQ(read_credentials("AssumeRole", body).error().what.find("issued-"), std::string::npos);
}

TEST_F(Sts, ReadsTheKeys) {
  const auto keys = read_credentials("GetSessionToken", issued("GetSessionToken", kTime, "ASIA1234"));
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->access_key_id, "ASIA1234");
  EXPECT_EQ(keys->secret_access_key.reveal(), "issued-secret");
  EXPECT_EQ(keys->session_token.reveal(), "issued-token");
}

TEST_F(Sts, ATokenOfTwelveKilobytesIsTaken) {
  std::string body = issued("AssumeRole", kTime);
  body.replace(body.find("issued-token"), 12, std::string(12288, 't'));
  ASSERT_TRUE(read_credentials("AssumeRole", body));
  body.replace(body.find("ttt"), 0, "t");
  EXPECT_FALSE(read_credentials("AssumeRole", body));
}

TEST_F(Sts, ReadsTheIdentity) {
  const auto identity = read_caller_identity(
      "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/marta</"
      "Arn><UserId>AIDA</UserId>"
      "<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>");
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->arn, "arn:aws:iam::111122223333:user/marta");
  EXPECT_EQ(identity->account, "111122223333");
}

TEST_F(Sts, AFailurePageOfAProxyIsJudgedByItsStatus) {
  const AwsFailure failure = read_sts_failure(sts_answer(502, "<html><body>Bad Gateway<br></body></html>"));
  EXPECT_EQ(failure.status, 502);
  EXPECT_EQ(failure.code, "");
}

TEST_F(Sts, ReadsCodeAndMessageOfAFailure) {
  const AwsFailure failure =
      read_sts_failure(sts_answer(403, testing::refused("AccessDenied", "not &#27;[1m allowed")));
  EXPECT_EQ(failure.code, "");  // U+001B may not stand in XML at all
  const AwsFailure plain =
      read_sts_failure(sts_answer(403, testing::refused("AccessDenied", "not allowed\nsecond line")));
  EXPECT_EQ(plain.code, "AccessDenied");
  EXPECT_EQ(plain.message, "not allowed");
}

TEST_F(Sts, WhatIsSentIsEncodedAndExternalIdOnlyWhenGiven) {
  const AwsRequest request =
      assume_role(endpoint(), {"arn:aws:iam::111122223333:role/a b", "sentinel-m=2Ex", "sentinel.m.direct.0123abcd",
                               "in&voice=77", std::chrono::minutes(15)});
  EXPECT_EQ(
      request.body,
      "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fa%20b&RoleSessionName="
      "sentinel-m%3D2Ex&DurationSeconds=900&SourceIdentity=sentinel.m.direct.0123abcd&ExternalId=in%26voice%3D77");
  EXPECT_EQ(assume_role(endpoint(), {"arn", "n", "s", "", {}}).body.find("ExternalId"), std::string::npos);
  EXPECT_EQ(get_session_token(endpoint(), std::chrono::hours(1)).body,
            "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=3600");
  EXPECT_EQ(get_caller_identity(endpoint()).body, "Action=GetCallerIdentity&Version=2011-06-15");
}

TEST_F(Sts, EveryKnownRefusalHasANextStepOfItsOwn) {
  EXPECT_NE(sts_next_step("AssumeRole", {403, "AccessDenied", ""}).find("sts:SetSourceIdentity"), std::string::npos);
  EXPECT_NE(sts_next_step("GetCallerIdentity", {403, "InvalidClientTokenId", ""}).find("aws_access_key_id"),
            std::string::npos);
  EXPECT_NE(sts_next_step("GetCallerIdentity", {403, "SignatureDoesNotMatch", ""}).find("clock"), std::string::npos);
  EXPECT_FALSE(sts_next_step("AssumeRole", {400, "Unheard", ""}).empty());
}

// The texts are AWS's own.
TEST_F(Sts, TheNextStepFollowsFromWhatAwsSaid) {
  struct Case {
    const char *action, *code, *message, *advice;
  };
  const Case cases[] = {
      {"GetCallerIdentity", "SignatureDoesNotMatch", "Credential should be scoped to a valid region.",
       "check --region, AWS_REGION and the profile's region"},
      {"GetCallerIdentity", "SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sts'.",
       "check the endpoint URL"},
      {"GetCallerIdentity", "SignatureDoesNotMatch",
       "Signature expired: 20260131T120000Z is now earlier than 20260131T131500Z (20260131T133000Z - 15 min.)",
       "this machine's clock right"},
      {"GetCallerIdentity", "SignatureDoesNotMatch",
       "Signature not yet current: 20260131T140000Z is still later than 20260131T121500Z",
       "this machine's clock right"},
      {"GetCallerIdentity", "SignatureDoesNotMatch",
       "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
       "Key and signing method.",
       "check the aws_secret_access_key where this profile's key comes from"},
      {"GetCallerIdentity", "InvalidClientTokenId", "The security token included in the request is invalid.",
       "a temporary one without its aws_session_token"},
      {"GetCallerIdentity", "ExpiredToken", "The security token included in the request is expired", "fetch a new one"},
      {"GetCallerIdentity", "MissingAuthenticationToken", "Request is missing Authentication Token",
       "takes the Authorization header away"},
      {"GetCallerIdentity", "IncompleteSignature", "'x' not a valid key=value pair", "copy the access key id"},
      {"GetCallerIdentity", "OptInRequired", "The AWS Access Key Id needs a subscription for the service",
       "activate the service"},
      {"AssumeRole", "RegionDisabledException", "STS is not activated in this region", "activate STS for this region"},
      {"AssumeRole", "AccessDenied",
       "User: arn:aws:iam::1:user/m is not authorized to perform: sts:SetSourceIdentity on resource: "
       "arn:aws:iam::1:role/r",
       "must allow sts:SetSourceIdentity beside sts:AssumeRole"},
      {"AssumeRole", "AccessDenied",
       "User: arn:aws:iam::1:user/m is not authorized to perform: sts:TagSession on resource: arn:aws:iam::1:role/r",
       "must allow sts:TagSession too"},
      {"AssumeRole", "AccessDenied",
       "User: arn:aws:iam::1:user/m is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/r "
       "with "
       "an explicit deny in a service control policy",
       "ask those who keep it"},
      {"AssumeRole", "AccessDenied",
       "User: arn:aws:iam::1:user/m is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/r "
       "because no permissions boundary allows the sts:AssumeRole action",
       "the permissions boundary of the caller must allow it"},
      {"AssumeRole", "ValidationError",
       "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
       "one hour at most"},
      {"AssumeRole", "ValidationError",
       "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", "ask for a shorter duration"},
      {"AssumeRole", "ValidationError", "arn is invalid", "check role_arn"},
  };
  for (const Case& each : cases) {
    EXPECT_THAT(sts_next_step(each.action, {400, each.code, each.message}), ::testing::HasSubstr(each.advice))
        << each.message;
  }
  AwsFailure page{403, {}, {}};
  page.is_page = true;
  EXPECT_THAT(sts_next_step("AssumeRole", page), ::testing::HasSubstr("a captive portal"));
  EXPECT_EQ(words_of(page), "HTTP status 403 with a page for people");
  EXPECT_THAT(sts_next_step("AssumeRole", {302, {}, {}}), ::testing::HasSubstr("sends the request elsewhere"));
}

TEST_F(Sts, NoSentenceEndsInNothing) {
  for (const AwsFailure& failure : {AwsFailure{403, "", ""}, {403, "AccessDenied", ""}, {403, "", "a message"}}) {
    EXPECT_FALSE(words_of(failure).empty());
    EXPECT_FALSE(words_of(failure).ends_with(' ')) << words_of(failure);
  }
}

}  // namespace
}  // namespace broker
