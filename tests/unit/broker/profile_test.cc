#include "profile.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "../../interop/profile_text.h"

namespace {

namespace fs = std::filesystem;

std::string slurp(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class ProfileTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    std::string name = testing::TempDir() + "profile_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    home_ = name;
    fs::create_directory(home_ / ".aws");
  }
  void TearDown() override { fs::remove_all(home_); }

  void put(std::string_view name, std::string_view text) {
    std::ofstream(home_ / ".aws" / name, std::ios::binary) << text;
    ASSERT_EQ(::chmod((home_ / ".aws" / name).c_str(), 0600), 0);
  }

  auto resolve(std::string_view name, std::string_view region = {}) const {
    return broker::resolve_profile(name, settings_, home_.string(), region);
  }

  std::string refusal(std::string_view name, std::string_view region = {}) const {
    const auto profile = resolve(name, region);
    return profile ? "accepted" : profile.error().what;
  }

  fs::path home_;
  ipc::Settings settings_;
};

constexpr std::string_view kKey = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secretEXAMPLE\n";

TEST_F(ProfileTest, WithoutANameNothingIsResolved) { EXPECT_EQ(resolve("").error().fault, ipc::Fault::kUsage); }

TEST_F(ProfileTest, WithoutFilesTheNextStepIsToMakeThem) {
  const auto profile = resolve("dev");
  ASSERT_FALSE(profile);
  EXPECT_NE(profile.error().next_step.find("aws configure --profile dev"), std::string::npos);
}

TEST_F(ProfileTest, AMissingProfileNamesTheTenNearest) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "[profile something-else-" + std::to_string(i) + "]\n";
  put("config", text + "[profile production]\n");
  const auto profile = resolve("prodution");
  ASSERT_FALSE(profile);
  EXPECT_TRUE(profile.error().next_step.starts_with("name one that exists: production, "));
  EXPECT_EQ(std::ranges::count(profile.error().next_step, ','), 9);
}

TEST_F(ProfileTest, APathThatIsNotAbsoluteIsRefused) {
  settings_["AWS_CONFIG_FILE"] = "config";
  EXPECT_EQ(refusal("default"), "AWS_CONFIG_FILE: 'config' is not an absolute path");
  settings_ = {{"AWS_SHARED_CREDENTIALS_FILE", "../credentials"}};
  EXPECT_EQ(refusal("default"), "AWS_SHARED_CREDENTIALS_FILE: '../credentials' is not an absolute path");
  settings_ = {};
  EXPECT_FALSE(broker::resolve_profile("default", settings_, "", ""));
}

TEST_F(ProfileTest, AHostileRegionIsRefusedWhereverItComesFrom) {
  put("credentials", "[default]\n" + std::string(kKey));
  EXPECT_TRUE(refusal("default", "evil.example.com/").starts_with("--region: "));
  settings_["AWS_DEFAULT_REGION"] = "a@b";
  EXPECT_TRUE(refusal("default").starts_with("AWS_DEFAULT_REGION: "));
  settings_["AWS_REGION"] = "a#b";
  EXPECT_TRUE(refusal("default").starts_with("AWS_REGION: "));
}

TEST_F(ProfileTest, AFlagThatIsNeitherTrueNorFalseIsRefused) {
  put("credentials", "[default]\n" + std::string(kKey));
  settings_["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "1";
  EXPECT_NE(refusal("default").find("neither true nor false"), std::string::npos);
}

TEST_F(ProfileTest, SsmWithoutARegionHasNoEndpoint) {
  put("credentials", "[default]\n" + std::string(kKey));
  settings_["AWS_ENDPOINT_URL"] = "http://127.0.0.1:5000";
  const auto profile = resolve("default");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->sts.signing_region, "us-east-1");
  EXPECT_FALSE(broker::require_ssm(*profile));
  EXPECT_TRUE(broker::require_ssm(*resolve("default", "eu-west-1")));
}

TEST_F(ProfileTest, TheRegionIsTheFlagsThenTheVariablesThenTheProfiles) {
  put("config", "[default]\nregion = eu-west-1\n");
  put("credentials", "[default]\n" + std::string(kKey));
  EXPECT_EQ(resolve("default")->region, "eu-west-1");
  settings_["AWS_DEFAULT_REGION"] = "eu-west-2";
  EXPECT_EQ(resolve("default")->region, "eu-west-2");
  settings_["AWS_REGION"] = "eu-west-3";
  EXPECT_EQ(resolve("default")->region, "eu-west-3");
  EXPECT_EQ(resolve("default", "us-east-2")->region, "us-east-2");
}

TEST_F(ProfileTest, TheFilesAreWhereTheSettingsSay) {
  put("elsewhere", "[default]\n" + std::string(kKey));
  settings_["AWS_SHARED_CREDENTIALS_FILE"] = "~/.aws/elsewhere";
  settings_["AWS_CONFIG_FILE"] = "/dev/null";
  EXPECT_EQ(std::get<broker::StaticKeyPlan>(resolve("default")->base).key.access_key_id, "AKIAEXAMPLE");
}

TEST_F(ProfileTest, TheCaBundleIsTheVariablesThenTheProfiles) {
  put("credentials", "[default]\nca_bundle = ~/ca.pem\n" + std::string(kKey));
  EXPECT_EQ(resolve("default")->ca_bundle, home_.string() + "/ca.pem");
  settings_["AWS_CA_BUNDLE"] = "/other.pem";
  EXPECT_EQ(resolve("default")->ca_bundle, "/other.pem");
  settings_["AWS_CA_BUNDLE"] = "relative.pem";
  EXPECT_TRUE(refusal("default").starts_with("AWS_CA_BUNDLE: "));
}

TEST_F(ProfileTest, AKeyThatOthersCanReadIsWarnedOf) {
  put("credentials", "[default]\n" + std::string(kKey));
  ASSERT_EQ(::chmod((home_ / ".aws/credentials").c_str(), 0644), 0);
  ASSERT_EQ(resolve("default")->warnings.size(), 1U);
}

TEST_F(ProfileTest, AChainHasNoLimitButItsLoop) {
  std::string text = "[profile p0]\n" + std::string(kKey);
  for (int i = 1; i <= 200; ++i) {
    text += "[profile p" + std::to_string(i) + "]\nrole_arn = arn:aws:iam::123456789012:role/r" + std::to_string(i) +
            "\nsource_profile = p" + std::to_string(i - 1) + "\n";
  }
  put("config", text);
  const auto profile = resolve("p200");
  ASSERT_TRUE(profile);
  ASSERT_EQ(profile->chain.size(), 200U);
  EXPECT_EQ(profile->chain.front().profile, "p1");
  EXPECT_EQ(profile->chain.back().profile, "p200");
}

// Every folder of data/profiles: the files, the settings and, for each profile, the resolution in full.
class ProfileCorpusTest : public ProfileTest, public testing::WithParamInterface<std::string> {};

TEST_P(ProfileCorpusTest, ResolvesAsExpected) {
  const fs::path folder = fs::path(TEST_DATA) / "profiles" / GetParam();
  put("config", slurp(folder / "config"));
  put("credentials", slurp(folder / "credentials"));
  std::istringstream env(slurp(folder / "env"));
  for (std::string line; std::getline(env, line);)
    settings_[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
  std::istringstream expected(slurp(folder / "expected"));
  std::string actual;
  for (std::string line; std::getline(expected, line);) {
    if (!line.starts_with("profile ")) continue;
    actual += (actual.empty() ? "" : "\n") + line + "\n" + test::profile_text(resolve(line.substr(8)));
  }
  const std::string prefix = home_.string() + "/.aws/";
  for (std::size_t at; (at = actual.find(prefix)) != std::string::npos;) actual.erase(at, prefix.size());
  EXPECT_EQ(actual, slurp(folder / "expected"));
  EXPECT_EQ(actual.find("ecretEXAMPLE"), std::string::npos) << "a secret is shown";
}

std::vector<std::string> corpus() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(TEST_DATA) / "profiles")) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Corpus, ProfileCorpusTest, testing::ValuesIn(corpus()),
                         [](const auto& test_case) { return test_case.param; });

}  // namespace
