#include "child/aws_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace supervisor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kCallerConfig = R"([default]
region = us-default-1
output = text
# output = comment

[profile prod]
aws_access_key_id = AKIACONFIG
aws_secret_access_key = configsecret
aws_session_token = configtoken
role_arn = arn:aws:iam::1:role/r
source_profile = base
credential_source = Ec2InstanceMetadata
credential_process = /bin/evil
web_identity_token_file = /t
sso_session = s
sso_start_url = https://sso
login_session = l
mfa_serial = m
include_profile = other
unknown_setting = u
region = eu-west-1
output = json
retry_mode = adaptive
  credential_process = /bin/nested-evil
endpoint_url = http://127.0.0.1:9
s3 =
  addressing_style = path
  max_concurrent_requests = 3
role_session_name =
  nested = x

[profile "quoted name"]
output = yaml

[sso-session s]
sso_region = x
[services prod]
output = services
)";

std::string config(std::string_view profile, std::string_view process = "/opt/s/process",
                   std::string_view region = "eu-central-1") {
  const auto text = generated_config({kCallerConfig, profile, region, process});
  return text ? *text : "refused: " + text.error().what;
}

TEST(AwsConfig, NoSourceOfCredentialsIsCopied) {
  const std::string text = config("prod");
  for (const char* forbidden :
       {"AKIACONFIG", "configsecret", "configtoken", "role_arn", "source_profile", "credential_source", "evil",
        "web_identity", "sso", "login_session", "mfa", "include_profile", "unknown", "nested", "role_session"}) {
    EXPECT_THAT(text, Not(HasSubstr(forbidden)));
  }
}

TEST(AwsConfig, HarmlessSettingsOfTheProfileStay) {
  const std::string text = config("prod");
  for (const char* kept : {"output = json\n", "retry_mode = adaptive\n", "endpoint_url = http://127.0.0.1:9\n",
                           "s3 =\n  addressing_style = path\n  max_concurrent_requests = 3\n"}) {
    EXPECT_THAT(text, HasSubstr(kept));
  }
  EXPECT_THAT(text, Not(HasSubstr("output = text")));
  EXPECT_THAT(text, Not(HasSubstr("output = services")));
}

TEST(AwsConfig, TheRegionIsTheOneThatSentinelFound) {
  const std::string text = config("prod");
  EXPECT_THAT(text, HasSubstr("region = eu-central-1\n"));
  EXPECT_THAT(text, Not(HasSubstr("eu-west-1")));
  EXPECT_THAT(config("prod", "/p", ""), Not(HasSubstr("region =")));
  EXPECT_THAT(config("prod", "/p", "x\ncredential_process = /bin/evil"), Not(HasSubstr("evil")));
}

TEST(AwsConfig, DefaultAndNamedProfileSayTheSame) {
  EXPECT_EQ(config("prod").find("[default]\ncredential_process = /opt/s/process\n") == std::string::npos, false);
  EXPECT_THAT(config("prod"), HasSubstr("[profile prod]\ncredential_process = /opt/s/process\n"));
  EXPECT_THAT(config("default"), Not(HasSubstr("[profile")));
}

TEST(AwsConfig, AProfileNameCannotWriteLines) {
  EXPECT_THAT(config("x]\ncredential_process = /bin/evil\n[y"), Not(HasSubstr("evil")));
  const std::string quoted = config("quoted name");
  EXPECT_THAT(quoted, HasSubstr("output = yaml"));
  EXPECT_THAT(quoted, Not(HasSubstr("[profile quoted")));
}

TEST(AwsConfig, TcpModeNamesNoProcess) { EXPECT_THAT(config("prod", ""), Not(HasSubstr("credential_process"))); }

TEST(AwsConfig, AnOddPathIsQuotedForShellAndShlexAlikeOrRefused) {
  EXPECT_THAT(config("prod", "/opt/my $(tools)/p"), HasSubstr("credential_process = '/opt/my $(tools)/p'\n"));
  for (const char* bad : {"/it's/p", "/back\\slash", "/hash#/p", "/a;b", "/new\nline"}) {
    EXPECT_THAT(config("prod", bad), HasSubstr("refused: ")) << bad;
  }
}

TEST(AwsConfig, BrokenConfigsAreReadWithoutHarm) {
  for (const std::string_view broken :
       {"[", "]", "[profile", "[profile ]", "[]\n=\n", "= x\n[profile prod\noutput = a",
        "\r\n\r\n[profile prod]\r\noutput = crlf\r\n", "  indented first\n[profile prod]\n  output = nested-only\n"}) {
    const auto text = generated_config({broken, "prod", "", ""});
    ASSERT_TRUE(text);
    EXPECT_THAT(*text, Not(HasSubstr("nested-only")));
  }
}

}  // namespace
}  // namespace supervisor
