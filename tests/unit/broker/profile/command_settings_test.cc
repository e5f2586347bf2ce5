#include "profile/command_settings.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ipc/secret.h"
#include "ipc/text/aws_config_parser.h"
#include "profile/files.h"

namespace broker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class CommandSettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    std::string name = testing::TempDir() + "command_settings_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string put(const char* name, std::string_view text) {
    const std::filesystem::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    EXPECT_EQ(::chmod(path.c_str(), 0600), 0);
    return path;
  }

  CommandSettings settings(std::string_view config, std::string_view profile = "p", std::string_view credentials = "") {
    const auto files = ProfileFiles::open(put("config", config), put("credentials", credentials));
    EXPECT_TRUE(files) << (files ? "" : files.error().what);
    return files ? command_settings(*files, profile) : CommandSettings{};
  }

  // Each as "block.name=value"; then the warnings.
  std::vector<std::string> told(std::string_view config, std::string_view profile = "p",
                                std::string_view credentials = "") {
    const CommandSettings found = settings(config, profile, credentials);
    std::vector<std::string> lines;
    for (const ipc::CommandSetting& each : found.settings) {
      const char* const kind = each.place == ipc::SettingPlace::Service ? "services:" : "";
      lines.push_back(kind + each.block.str() + (each.block.empty() ? "" : ".") + each.name.str() + "=" +
                      each.value.str());
    }
    lines.insert(lines.end(), found.warnings.begin(), found.warnings.end());
    return lines;
  }

  std::filesystem::path folder_;
};

TEST_F(CommandSettingsTest, NoSourceOfCredentialsIsToldAndNothingUnknown) {
  EXPECT_THAT(told("[profile p]\naws_access_key_id = AKIACONFIG\naws_secret_access_key = configsecret\n"
                   "aws_session_token = configtoken\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n"
                   "credential_source = Ec2InstanceMetadata\ncredential_process = /bin/evil\n"
                   "web_identity_token_file = /t\nsso_session = s\nsso_start_url = https://sso\nlogin_session = l\n"
                   "mfa_serial = m\nunknown_setting = u\nregion = eu-west-1\nrole_session_name =\n  nested = x\n"
                   "s3 =\n  credential_process = /bin/evil\n  unknown = u\noutput = json\n"),
              ElementsAre("output=json"));
}

TEST_F(CommandSettingsTest, AServicesSectionIsToldThroughItsProfile) {
  EXPECT_THAT(told("[profile p]\nservices = my services\noutput = json\n[services \"my services\"]\ns3 =\n"
                   "  endpoint_url = http://127.0.0.1:1\n  credential_process = /bin/evil\nElastic_Beanstalk=\n"
                   "  endpoint_url = http://127.0.0.1:2\nendpoint_url = flat\n[services other]\nsqs =\n"
                   "  endpoint_url = http://127.0.0.1:3\n"),
              UnorderedElementsAre("output=json", "services:s3.endpoint_url=http://127.0.0.1:1",
                                   "services:elastic_beanstalk.endpoint_url=http://127.0.0.1:2"));
}

TEST_F(CommandSettingsTest, IncludedProfilesCountAsForEveryOtherKey) {
  EXPECT_THAT(told("[profile p]\ninclude_profile = more\noutput = json\n[profile more]\noutput = text\n"
                   "endpoint_url = http://127.0.0.1:1\nservices = s\ns3 =\n  addressing_style = path\n"
                   "[services s]\nsqs =\n  endpoint_url = http://127.0.0.1:2\n"),
              UnorderedElementsAre("output=json", "endpoint_url=http://127.0.0.1:1", "s3.addressing_style=path",
                                   "services:sqs.endpoint_url=http://127.0.0.1:2"));
}

TEST_F(CommandSettingsTest, IndentedSectionsColonsAndOddNamesAreReadAsByTheOneParser) {
  EXPECT_THAT(told("  [profile p]\n  output : json\n  Endpoint_URL: http://127.0.0.1:1\n[profile q]\noutput = text\n"),
              UnorderedElementsAre("output=json", "endpoint_url=http://127.0.0.1:1"));
  EXPECT_THAT(told("[profile 'a [b] c']\noutput = yaml\n", "a [b] c"), ElementsAre("output=yaml"));
  EXPECT_THAT(told("[profile Single'Quote]\noutput = yaml\n[profile p]\noutput = json\n"), ElementsAre("output=json"));
}

TEST_F(CommandSettingsTest, TheCredentialsFileGoesBeforeTheConfigFile) {
  EXPECT_THAT(told("[profile p]\noutput = json\nretry_mode = standard\n", "p", "[p]\noutput = text\n"),
              UnorderedElementsAre("output=text", "retry_mode=standard"));
}

TEST_F(CommandSettingsTest, AProfileThatStandsInNoFileHasNone) {
  EXPECT_THAT(told("[default]\noutput = json\n", "absent"), IsEmpty());
}

TEST_F(CommandSettingsTest, WhatIsEmptyIsAsGoodAsAbsent) {
  EXPECT_THAT(told("[profile p]\noutput =\nservices =\ns3 =\n[profile q]\n"), IsEmpty());
}

TEST_F(CommandSettingsTest, WhatIsNoOneLineIsLeftOutWithAWarning) {
  const std::string config = (folder_ / "config").string();
  EXPECT_THAT(
      told("[profile p]\ncli_pager = less\n  -R\noutput = json\n"),
      ElementsAre("output=json", config + ":2: the value of cli_pager goes on in the indented line below, and the "
                                          "command does not see it"));
  EXPECT_THAT(told("[profile p]\noutput = " + std::string(5000, 'x') + "\n"), ElementsAre(HasSubstr("is too long")));
  EXPECT_THAT(told("[profile p]\nservices = s\n[services s]\nno service =\n  endpoint_url = x\n"),
              ElementsAre(HasSubstr("of no service")));
  EXPECT_THAT(told("[profile p]\nservices = absent\n"),
              ElementsAre(HasSubstr("there is no section [services absent]")));
}

TEST_F(CommandSettingsTest, ASectionWhoseHeaderLacksQuotesIsNamedWithThem) {
  EXPECT_THAT(told("[profile p]\nservices = my services\n[services my services]\n"),
              ElementsAre(HasSubstr("write [services \"my services\"] instead of [services my services] in ")));
  const auto files = ProfileFiles::open(put("config", "[profile Single'Quote]\n[sso-session my org]\n[bare]\n"),
                                        put("credentials", ""));
  ASSERT_TRUE(files);
  EXPECT_THAT(files->missing("Single'Quote", "").next_step,
              HasSubstr("write [profile \"Single'Quote\"] instead of [profile Single'Quote] in "));
  EXPECT_THAT(files->missing("bare", "").next_step, HasSubstr("write [profile bare] instead of [bare] in "));
  EXPECT_THAT(files->mended_header("sso-session", "my org"),
              HasSubstr("write [sso-session \"my org\"] instead of [sso-session my org] in "));
  EXPECT_EQ(files->mended_header("sso-session", "bare"), "");
}

TEST_F(CommandSettingsTest, ASectionWhoseFirstWordIsWrittenOtherwiseIsNamedRightly) {
  const auto files = ProfileFiles::open(
      put("config",
          "[Profile one]\n[sso_session two]\n[SSO-Session  three]\n[services: four]\n[profile 'five]\n"
          "[profile five 'a]\n[profile\tsix six]\n"),
      put("credentials", "[profile seven]\n[sso-session eight]\n[nine]\n"));
  ASSERT_TRUE(files);
  const auto mended = [&](std::string_view word, const std::string& name) { return files->mended_header(word, name); };
  EXPECT_THAT(mended("profile", "one"), HasSubstr("write [profile one] instead of [Profile one] in "));
  EXPECT_THAT(mended("sso-session", "two"), HasSubstr("write [sso-session two] instead of [sso_session two] in "));
  EXPECT_THAT(mended("sso-session", "three"),
              HasSubstr("write [sso-session three] instead of [SSO-Session  three] in "));
  EXPECT_THAT(mended("services", "four"), HasSubstr("write [services four] instead of [services: four] in "));
  EXPECT_THAT(mended("profile", "five"), HasSubstr("write [profile five] instead of [profile 'five] in "));
  EXPECT_THAT(mended("profile", "six six"), HasSubstr("write [profile \"six six\"] instead of [profile\tsix six] in "));
  EXPECT_THAT(mended("profile", "seven"), HasSubstr("write [seven] instead of [profile seven] in "));
  EXPECT_THAT(mended("sso-session", "eight"), HasSubstr("move the section [sso-session eight] from "));
  EXPECT_EQ(mended("profile", "nine"), "");
  EXPECT_EQ(mended("services", "one"), "");
  EXPECT_EQ(mended("sso-session", "seven"), "");
}

// What is advised can be read: by our parser here, by botocore in tests/interop/test_command_config.py.
TEST_F(CommandSettingsTest, AnAdvisedHeaderIsReadAsThatName) {
  for (const std::string name :
       {"my org", "Single'Quote", "double\"quote", "back\\slash", "a [b] c", "tab\tbed", "a #b", "a ;b", "x]", "é"}) {
    const auto files = ProfileFiles::open(put("config", "[profile " + ipc::name_in_header(name) + "]\nregion = r\n"),
                                          put("credentials", ""));
    ASSERT_TRUE(files) << name << ": " << files.error().what;
    EXPECT_TRUE(files->has(name)) << name;
  }
}

}  // namespace
}  // namespace broker
