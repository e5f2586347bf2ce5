#include "ipc/command_settings.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

using ipc::SettingPlace;

ipc::Status check(int place, std::string_view block, std::string_view name, std::string_view value = "x") {
  ipc::CommandSetting setting;
  setting.place = static_cast<SettingPlace>(place);
  EXPECT_TRUE(setting.block.assign(block) && setting.name.assign(name) && setting.value.assign(value));
  return ipc::check_command_setting(setting);
}

TEST(CommandSettings, EachRowOfTheTableMayBeTold) {
  for (const ipc::CommandSettingRow& row : ipc::kCommandSettings) {
    const bool of_service = row.place == SettingPlace::Service;
    EXPECT_TRUE(check(static_cast<int>(row.place), of_service ? "elastic_beanstalk" : row.block, row.name)) << row.name;
    EXPECT_FALSE(row.why.empty());
  }
}

TEST(CommandSettings, NoRowIsASourceOfCredentials) {
  for (const ipc::CommandSettingRow& row : ipc::kCommandSettings) {
    for (const std::string_view begin : {"aws_", "credential", "sso_", "login_", "role_", "source_", "include_", "web_",
                                         "mfa_", "external_", "ec2_", "metadata_", "duration_", "services", "region"}) {
      EXPECT_FALSE(row.name.starts_with(begin)) << row.name;
    }
    EXPECT_EQ(row.name.find("process"), std::string_view::npos) << row.name;
    EXPECT_EQ(row.name.find("token"), std::string_view::npos) << row.name;
  }
}

TEST(CommandSettings, AnyOtherNameIsRefused) {
  for (const char* name : {"credential_process", "aws_access_key_id", "aws_secret_access_key", "aws_session_token",
                           "role_arn", "source_profile", "credential_source", "web_identity_token_file", "sso_session",
                           "sso_start_url", "login_session", "mfa_serial", "include_profile", "services", "region",
                           "Output", "output ", "", "addressing_style"}) {
    EXPECT_FALSE(check(1, "", name)) << name;
    EXPECT_FALSE(check(2, "output", name)) << name;
    EXPECT_EQ(check(2, "s3", name).has_value(), std::string_view(name) == "addressing_style") << name;
    EXPECT_FALSE(check(3, "s3", name)) << name;
  }
  EXPECT_FALSE(check(0, "", "output"));
  EXPECT_FALSE(check(4, "", "output"));
  EXPECT_FALSE(check(1, "s3", "output"));
  EXPECT_FALSE(check(2, "", "addressing_style"));
  EXPECT_FALSE(check(2, "s3api", "max_bandwidth"));
}

TEST(CommandSettings, OneOfTheSamePlaceBlockAndNameIsTheSame) {
  const auto made = [](SettingPlace place, std::string_view block, std::string_view name) {
    ipc::CommandSetting setting;
    setting.place = place;
    EXPECT_TRUE(setting.block.assign(block) && setting.name.assign(name) && setting.value.assign("x"));
    return setting;
  };
  const std::vector<ipc::CommandSetting> before{made(SettingPlace::Nested, "s3", "endpoint_url")};
  EXPECT_TRUE(ipc::is_told(before, before.front()));
  EXPECT_FALSE(ipc::is_told({}, before.front()));
  EXPECT_FALSE(ipc::is_told(before, made(SettingPlace::Service, "s3", "endpoint_url")));
  EXPECT_FALSE(ipc::is_told(before, made(SettingPlace::Nested, "s3api", "endpoint_url")));
  EXPECT_FALSE(ipc::is_told(before, made(SettingPlace::Nested, "s3", "signature_version")));
}

TEST(CommandSettings, AServiceIsASmallWord) {
  for (const char* service : {"", "S3", "s 3", "s3]", "[s3", "s3=", "s3\n", "#s3", "\xc3\xa4", "aws_session_token"}) {
    EXPECT_FALSE(check(3, service, "endpoint_url")) << service;
  }
  EXPECT_TRUE(check(3, "a-b_c1", "endpoint_url"));
}

TEST(CommandSettings, AValueIsOneLine) {
  for (const std::string_view value :
       {"", "a\nb", "a\rb", "a\r", "a\x1b", "a\x7f", "\n", " ", " a", "a\t", "\xff", "\xc3"}) {
    EXPECT_FALSE(check(1, "", "output", value)) << value;
  }
  EXPECT_TRUE(check(1, "", "output", "[a] = b # c ; d\t'\"\\ \xc3\xa4"));
}

}  // namespace
