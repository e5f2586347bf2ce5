#include "child/aws_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "ipc/command_settings.h"
#include "ipc/text/aws_config_parser.h"

namespace supervisor {
namespace {

using ipc::SettingPlace;
using ::testing::HasSubstr;
using ::testing::Not;

ipc::CommandSetting setting(SettingPlace place, std::string_view block, std::string_view name, std::string_view value) {
  ipc::CommandSetting made;
  made.place = place;
  EXPECT_TRUE(made.block.assign(block) && made.name.assign(name) && made.value.assign(value));
  EXPECT_TRUE(ipc::check_command_setting(made));
  return made;
}

std::vector<ipc::CommandSetting> told() {
  return {setting(SettingPlace::Profile, "", "output", "json"),
          setting(SettingPlace::Service, "s3", "endpoint_url", "http://127.0.0.1:9"),
          setting(SettingPlace::Nested, "s3", "addressing_style", "path"),
          setting(SettingPlace::Profile, "", "retry_mode", "adaptive"),
          setting(SettingPlace::Service, "elastic_beanstalk", "endpoint_url", "http://127.0.0.1:8"),
          setting(SettingPlace::Nested, "s3", "max_concurrent_requests", "3")};
}

std::string config(std::string_view profile, std::string_view process = "/opt/s/process",
                   std::string_view region = "eu-central-1") {
  const std::vector<CommandProfile> one{{std::string(profile), std::string(region), told()}};
  const auto text = generated_config({one, process});
  return text ? *text : "refused: " + text.error().what;
}

ipc::ConfigIndex read_back(std::string_view text) {
  ipc::AwsConfigParser parser("made", ipc::AwsFileKind::kConfig);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    EXPECT_TRUE(parser.take_line(line, 0)) << line;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return parser.take_index();
}

constexpr char kBody[] =
    "region = eu-central-1\noutput = json\nretry_mode = adaptive\n"
    "services = sentinel\ns3 =\n  addressing_style = path\n  max_concurrent_requests = 3\n";

TEST(AwsConfig, ItHoldsTheProcessTheRegionAndEverySettingThatWasTold) {
  const std::string process = "credential_process = /opt/s/process", body = kBody;
  EXPECT_EQ(config("prod"), "# made by sentinel for one run; removed when it ends\n[default]\n" + process + "\n" +
                                body + "\n[profile prod]\n" + process + " prod\n" + body +
                                "\n[services sentinel]\nelastic_beanstalk =\n  endpoint_url = http://127.0.0.1:8\n"
                                "s3 =\n  endpoint_url = http://127.0.0.1:9\n");
  EXPECT_THAT(config("default"), Not(HasSubstr("[profile")));
}

TEST(AwsConfig, WithoutServicesThereIsNoSectionOfThem) {
  const std::vector<CommandProfile> one{{"default", "", {}}};
  const auto text = generated_config({one, ""});
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "# made by sentinel for one run; removed when it ends\n[default]\n");
}

TEST(AwsConfig, TheRegionIsTheOneThatSentinelFound) {
  EXPECT_THAT(config("prod"), HasSubstr("region = eu-central-1\n"));
  EXPECT_THAT(config("prod", "/p", ""), Not(HasSubstr("region =")));
  EXPECT_THAT(config("prod", "/p", "x\ncredential_process = /bin/evil"), Not(HasSubstr("evil")));
}

TEST(AwsConfig, AProfileOfAnyNameCanBeNamedByTheCommand) {
  for (const std::string name : {"a b", "x]y", "[x]", "it's", "say \"so\"", "back\\slash", "\xc3\xa4", "a=b:c#d"}) {
    const auto index = read_back(config(name));
    ASSERT_TRUE(index.contains({ipc::SectionKind::kProfile, name})) << config(name);
    EXPECT_EQ(index.at({ipc::SectionKind::kProfile, name}).find("output")->text, "json");
    EXPECT_EQ(index.size(), 3U) << name;
  }
}

TEST(AwsConfig, AProfileNameCannotWriteLines) {
  for (const std::string name :
       {"x]\ncredential_process = /bin/evil\n[y", "x\rcredential_process = /bin/evil", "evil\x1b", "\xff evil"}) {
    EXPECT_THAT(config(name), Not(HasSubstr("evil")));
    EXPECT_THAT(config(name), Not(HasSubstr("[profile")));
  }
}

TEST(AwsConfig, EachProfileHasASectionThatNamesItAndItsOwnSettings) {
  const std::vector<CommandProfile> three{
      {"prod", "eu-central-1", {}},
      {"test 1",
       "us-east-1",
       {setting(SettingPlace::Profile, "", "output", "json"),
        setting(SettingPlace::Service, "s3", "endpoint_url", "http://127.0.0.1:9")}},
      {"dev", "", {setting(SettingPlace::Service, "s3", "endpoint_url", "http://127.0.0.1:8")}}};
  const auto text = generated_config({three, "/p"});
  ASSERT_TRUE(text);
  EXPECT_EQ(*text,
            "# made by sentinel for one run; removed when it ends\n"
            "[default]\ncredential_process = /p\nregion = eu-central-1\n"
            "\n[profile prod]\ncredential_process = /p prod\nregion = eu-central-1\n"
            "\n[profile \"test 1\"]\ncredential_process = /p test%201\nregion = us-east-1\noutput = json\n"
            "services = sentinel-2\n"
            "\n[profile dev]\ncredential_process = /p dev\nservices = sentinel-3\n"
            "\n[services sentinel-2]\ns3 =\n  endpoint_url = http://127.0.0.1:9\n"
            "\n[services sentinel-3]\ns3 =\n  endpoint_url = http://127.0.0.1:8\n");
}

TEST(AwsConfig, AProfileThatCouldOnlyBeNamedByASectionThatCannotBeWrittenIsRefused) {
  const std::vector<CommandProfile> two{{"prod", "", {}}, {"\xff", "", {}}};
  EXPECT_FALSE(generated_config({two, "/p"}));
}

TEST(AwsConfig, TcpModeNamesNoProcess) { EXPECT_THAT(config("prod", ""), Not(HasSubstr("credential_process"))); }

TEST(AwsConfig, AnOddPathIsQuotedForShellAndShlexAlikeOrRefused) {
  EXPECT_THAT(config("prod", "/opt/my $(tools)/p"), HasSubstr("credential_process = '/opt/my $(tools)/p'\n"));
  for (const char* bad : {"/it's/p", "/back\\slash", "/hash#/p", "/a;b", "/new\nline"}) {
    EXPECT_THAT(config("prod", bad), HasSubstr("refused: ")) << bad;
  }
}

}  // namespace
}  // namespace supervisor
