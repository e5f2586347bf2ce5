#include "aws/iam_syntax.h"

#include <gtest/gtest.h>

#include <string>

#include "aws/key_syntax.h"
#include "text/ascii.h"

namespace {

const std::string kArn = "arn:aws:iam::123456789012:role/";

TEST(RoleArn, WhatIsNotAnIamRoleIsRefused) {
  for (const std::string& arn : {std::string(),
                                 std::string("arn"),
                                 std::string("arn:aws:iam::123456789012:user/me"),
                                 std::string("arn:aws:iam::123456789012:role"),
                                 kArn,
                                 kArn + "path/",
                                 kArn + "a b",
                                 kArn + "a:b",
                                 kArn + "a\n",
                                 kArn + std::string(65, 'a'),
                                 kArn + std::string(512, 'p') + "/a",
                                 kArn + "p q/a",
                                 "x" + kArn + "a",
                                 std::string("arn:mars:iam::123456789012:role/a"),
                                 std::string("arn:aws:sts::123456789012:role/a"),
                                 std::string("arn:aws:iam:us-east-1:123456789012:role/a"),
                                 std::string("arn:aws:iam::12345678901:role/a"),
                                 std::string("arn:aws:iam::1234567890123:role/a"),
                                 std::string("arn:aws:iam::12345678901x:role/a"),
                                 std::string("arn:aws:iam::aws:role/a"),
                                 std::string("ARN:aws:iam::123456789012:role/a")}) {
    EXPECT_FALSE(broker::is_role_arn(arn)) << arn;
  }
}

TEST(RoleArn, NamesPathsAndPartitionsAreAccepted) {
  for (const std::string& arn :
       {kArn + "a", kArn + "team/sub/a+b=c,d.e@f-g_h", kArn + std::string(64, 'a'),
        std::string("arn:aws-us-gov:iam::123456789012:role/a"), std::string("arn:aws-cn:iam::123456789012:role/a")}) {
    EXPECT_TRUE(broker::is_role_arn(arn)) << arn;
  }
}

TEST(AccessKeyId, HoldsLettersDigitsAndUnderscoresAlone) {
  for (const std::string& id : {std::string(), std::string("AKIA "), std::string("AKIA/x"), std::string("AKIA\nx"),
                                std::string("AKI"), std::string("AKI\xc3\x84"), std::string(129, 'A')}) {
    EXPECT_FALSE(broker::is_access_key_id(id)) << id;
  }
  for (const std::string& id : {std::string("AKIAIOSFODNN7EXAMPLE"), std::string("AKI_"), std::string(128, 'A')}) {
    EXPECT_TRUE(broker::is_access_key_id(id)) << id;
  }
}

TEST(Secret, HoldsNoBlankAndNoControl) {
  for (const std::string_view secret : {"", "a b", "a\tb", "a\x7f", "\xc3\xa4"}) {
    EXPECT_FALSE(broker::is_visible(secret));
  }
  EXPECT_TRUE(broker::is_visible("a/B+c="));
}

TEST(ExternalId, IsWhatStsAccepts) {
  for (const std::string& id : {std::string(), std::string("a"), std::string("a b"), std::string("a;b"),
                                std::string(1225, 'a'), std::string("a\"b")}) {
    EXPECT_FALSE(broker::is_external_id(id)) << id;
  }
  EXPECT_TRUE(broker::is_external_id("a:/b+=,.@-_"));
  EXPECT_TRUE(broker::is_external_id(std::string(1224, 'a')));
}

TEST(RoleDuration, IsPlainSecondsWithinTheLimits) {
  for (const std::string_view text : {"", "899", "43201", "1h", "3600s", "+3600", " 3600", "3600.0", "99999999999"}) {
    EXPECT_FALSE(broker::parse_role_duration(text)) << text;
  }
  EXPECT_EQ(broker::parse_role_duration("900"), std::chrono::seconds(900));
  EXPECT_EQ(broker::parse_role_duration("43200"), std::chrono::seconds(43200));
}

TEST(RoleSessionName, WhatStsRefusesIsRefused) {
  for (const std::string& name : {std::string(), std::string("a"), std::string(65, 'a'), std::string("a b"),
                                  std::string("a:b"), std::string("a/b"), std::string("caf\xc3\xa9")}) {
    EXPECT_FALSE(broker::is_role_session_name(name)) << name;
  }
  EXPECT_TRUE(broker::is_role_session_name("me@desk_1+2=3,4.5-6"));
}

TEST(RoleName, WhatIamRefusesIsRefused) {
  for (const std::string& name :
       {std::string(), std::string(65, 'a'), std::string("path/name"), kArn + "name", std::string("a b")}) {
    EXPECT_FALSE(broker::is_role_name(name)) << name;
  }
  EXPECT_TRUE(broker::is_role_name("A"));
}

TEST(MfaSerial, WhatStsRefusesIsRefused) {
  for (const std::string& serial : {std::string(), std::string("12345678"), std::string(257, '1'),
                                    std::string("GAHT 12345678"), std::string("arn:aws:iam::111122223333:mfa/a;b")}) {
    EXPECT_FALSE(broker::is_mfa_serial(serial)) << serial;
  }
  EXPECT_TRUE(broker::is_mfa_serial("GAHT12345678"));
  EXPECT_TRUE(broker::is_mfa_serial("arn:aws:iam::111122223333:mfa/team/me"));
}

}  // namespace
