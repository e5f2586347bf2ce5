#include "profile/resolve.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <variant>

#include "../../interop/profile_text.h"

namespace {

namespace fs = std::filesystem;

std::string slurp(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class ProfileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    std::string name = ::testing::TempDir() + "profile_XXXXXX";
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
    return broker::resolve_profile(name, settings_, home_.string(), region, options_);
  }

  std::string refusal(std::string_view name, std::string_view region = {}) const {
    const auto profile = resolve(name, region);
    return profile ? "accepted" : profile.error().what;
  }

  fs::path home_;
  ipc::Settings settings_;
  broker::ProfileOptions options_;
};

template <class Plan>
Plan plan_of(const ipc::Result<broker::ResolvedProfile>& profile) {
  EXPECT_TRUE(profile) << (profile ? "" : profile.error().what);
  if (!profile || !std::holds_alternative<Plan>(profile->base)) {
    ADD_FAILURE() << "another source";
    return {};
  }
  return Plan(std::get<Plan>(profile->base));
}

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

// ---- stored keys

TEST_F(ProfileTest, AProfileThatIsNotThereIsLookedForAmongTheStoredKeys) {
  put("config", "");
  options_.stored = [](std::string_view name) { return name == "ledger"; };
  const auto next_step = [this] { return resolve("ledgr").error().next_step; };
  EXPECT_NE(next_step().find("there are no profiles at all"), std::string::npos);
  options_.stored_names = [] { return std::vector<std::string>{"ledger"}; };
  EXPECT_EQ(next_step(), "name one that exists: ledger");
  put("config", "[profile ledger]\n");
  EXPECT_EQ(next_step(), "name one that exists: ledger") << "each once";
}

// ---- --env-keys

TEST_F(ProfileTest, EnvironmentKeysAreRefusedForAProfileThatHasAnAnswerOfItsOwn) {
  options_.environment_keys = true;
  for (const std::string_view key :
       {"role_arn = x", "source_profile = x", "credential_source = Environment", "aws_access_key_id = AKIAEXAMPLE",
        "aws_secret_access_key = x", "credential_process = x", "web_identity_token_file = /x",
        "web_identity_token_process = x", "sso_session = x", "sso_account_id = x", "sso_role_name = x",
        "login_session = x"}) {
    put("config", "[profile dev]\n" + std::string(key) + "\n");
    EXPECT_NE(refusal("dev").find("config:2: profile 'dev' has a role or a source of its own"), std::string::npos)
        << key;
  }
  put("config", "[profile dev]\ninclude_profile = more\n[profile more]\ncredential_process = x\n");
  EXPECT_NE(refusal("dev").find("config:4: "), std::string::npos) << "included";
}

TEST_F(ProfileTest, EnvironmentKeysNeedNoProfileAndTakeItsSettingsWhereThereIsOne) {
  options_.environment_keys = true;
  const auto absent = resolve("nowhere");
  ASSERT_TRUE(absent) << absent.error().what;
  EXPECT_EQ(std::get<broker::EnvironmentKeyPlan>(absent->base).place, "--env-keys");
  put("config", "[profile dev]\nregion = eu-west-1\nmfa_serial = arn:aws:iam::111122223333:mfa/me\n");
  const auto dev = resolve("dev");
  ASSERT_TRUE(dev) << dev.error().what;
  EXPECT_EQ(dev->region, "eu-west-1");
  ASSERT_TRUE(dev->mfa);
  EXPECT_EQ(dev->mfa->profile, "dev");
}

TEST_F(ProfileTest, WhereOnlyTheRegionCountsNoSourceStandsAgainstEnvironmentKeysAndNoRoleIsAssumed) {
  options_.environment_keys = options_.regions_alone = true;
  put("config",
      "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = base\n"
      "[profile base]\nregion = eu-west-1\ncredential_process = x\n");
  const auto dev = resolve("dev");
  ASSERT_TRUE(dev) << dev.error().what;
  EXPECT_TRUE(std::holds_alternative<broker::EnvironmentKeyPlan>(dev->base));
  EXPECT_TRUE(dev->chain.empty());
  EXPECT_EQ(dev->region, "eu-west-1");
  EXPECT_TRUE(resolve("nowhere"));
}

// ---- keys of the store

constexpr std::string_view kRole = "role_arn = arn:aws:iam::111122223333:role/r\n";

TEST_F(ProfileTest, AProfileThatStandsNowhereIsRefusedThoughTheStoreHasOthers) {
  options_.stored = [](std::string_view name) { return name == "kept"; };
  EXPECT_NE(refusal("other").find("there is no profile 'other'"), std::string::npos);
  put("config", "[profile other]\nregion = eu-west-1\n[profile role]\n" + std::string(kRole));
  EXPECT_NE(refusal("other").find("has neither an access key nor a role_arn"), std::string::npos);
  EXPECT_NE(resolve("other").error().next_step.find("sentinel keys add other"), std::string::npos);
  EXPECT_NE(refusal("role").find("neither source_profile nor credential_source"), std::string::npos);
}

TEST_F(ProfileTest, AStoredKeyIsTheBaseOfItsOwnProfileOfItsRoleAndOfAnothers) {
  options_.stored = [](std::string_view name) { return name == "kept"; };
  EXPECT_EQ(plan_of<broker::StoredKeyPlan>(resolve("kept")).name, "kept");
  put("config", "[profile role]\nsource_profile = kept\n" + std::string(kRole));
  EXPECT_EQ(plan_of<broker::StoredKeyPlan>(resolve("role")).name, "kept");
  put("config", "[profile kept]\n" + std::string(kRole));
  EXPECT_EQ(plan_of<broker::StoredKeyPlan>(resolve("kept")).name, "kept");
  EXPECT_EQ(resolve("kept")->chain.size(), 1U);
  put("config", "[profile kept]\nsource_profile = kept\n" + std::string(kRole));
  EXPECT_EQ(plan_of<broker::StoredKeyPlan>(resolve("kept")).name, "kept");
}

TEST_F(ProfileTest, AStoredKeyStandsBehindEverySourceOfTheFiles) {
  options_.stored = [](std::string_view) { return true; };
  put("config", "[profile a]\ncredential_process = /bin/keys\n[profile b]\n" + std::string(kKey));
  EXPECT_EQ(plan_of<broker::ProcessPlan>(resolve("a")).command, "/bin/keys");
  EXPECT_EQ(broker::kind_of(resolve("b")->base), broker::SourceKind::kStatic);
}

// ---- include_profile

TEST_F(ProfileTest, IncludesEndAtThirtyTwo) {
  const auto chain = [](int links) {
    std::string text = "[profile p0]\nregion = eu-west-1\n";
    for (int i = 1; i <= links; ++i) {
      text += "[profile p" + std::to_string(i) + "]\ninclude_profile = p" + std::to_string(i - 1) + "\n";
    }
    return text;
  };
  put("config", chain(33));
  EXPECT_NE(refusal("p33").find("includes more than 32 profiles"), std::string::npos) << refusal("p33");
  EXPECT_EQ(resolve("p32")->region, "eu-west-1");
}

TEST_F(ProfileTest, AnIncludedProfileGivesNoAccessKeyAndTheDefaultProfileGivesNothing) {
  put("config", "[default]\nregion = eu-west-1\n" + std::string(kKey) + "[profile dev]\ninclude_profile = keys\n");
  put("credentials", "[keys]\n" + std::string(kKey));
  const auto dev = resolve("dev");
  ASSERT_TRUE(dev);
  EXPECT_EQ(broker::kind_of(dev->base), broker::SourceKind::kStore);
  EXPECT_EQ(dev->region, "");
}

// ---- endpoints

TEST_F(ProfileTest, EveryServiceHasItsOwnVariable) {
  put("config",
      "[default]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
      "sso_account_id = 111122223333\nsso_role_name = R\nregion = eu-west-1\n");
  settings_ = {{"AWS_ENDPOINT_URL_STS", "https://a.example"},      {"AWS_ENDPOINT_URL_SSM", "https://b.example"},
               {"AWS_ENDPOINT_URL_KMS", "https://c.example"},      {"AWS_ENDPOINT_URL_DYNAMODB", "https://d.example"},
               {"AWS_ENDPOINT_URL_IAM", "https://e.example"},      {"AWS_ENDPOINT_URL_SSO", "https://f.example"},
               {"AWS_ENDPOINT_URL_SSO_OIDC", "https://g.example"}, {"AWS_ENDPOINT_URL", "https://z.example"}};
  const auto profile = resolve("default");
  const auto sso = plan_of<broker::SsoPlan>(profile);
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->sts.url + profile->ssm.url + profile->kms.url,
            "https://a.examplehttps://b.examplehttps://c.example");
  EXPECT_EQ(profile->dynamodb.url + profile->iam.url, "https://d.examplehttps://e.example");
  EXPECT_EQ(sso.portal.url + sso.oidc.url, "https://f.examplehttps://g.example");
  EXPECT_EQ(profile->iam.signing_region, "us-east-1");
}

TEST_F(ProfileTest, FipsAndDualStackAreRefusedWhereTheyCannotHold) {
  put("credentials", "[default]\n" + std::string(kKey));
  for (const std::string variable : {"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"}) {
    settings_ = {{variable, "true"}};
    EXPECT_EQ(refusal("default"), variable + ": FIPS or dual-stack endpoints are asked for, and no region is known");
    EXPECT_EQ(refusal("default", "eu-west-1"), "accepted");
    settings_ = {{variable, "yes"}};
    EXPECT_EQ(refusal("default", "eu-west-1"), variable + ": the value is neither true nor false");
    settings_ = {{variable, "true"}, {"AWS_ENDPOINT_URL_KMS", "https://kms.example.com"}};
    EXPECT_EQ(refusal("default", "eu-west-1"), variable +
                                                   ": FIPS or dual-stack endpoints are asked for, and "
                                                   "AWS_ENDPOINT_URL_KMS gives an endpoint's URL");
  }
}

TEST_F(ProfileTest, TheRegionalStsEndpointIsTheVariablesThenTheProfiles) {
  put("config", "[default]\nregion = eu-west-1\nsts_regional_endpoints = legacy\n" + std::string(kKey));
  EXPECT_EQ(resolve("default")->sts.url, "https://sts.amazonaws.com");
  settings_["AWS_STS_REGIONAL_ENDPOINTS"] = "regional";
  EXPECT_EQ(resolve("default")->sts.url, "https://sts.eu-west-1.amazonaws.com");
  settings_["AWS_STS_REGIONAL_ENDPOINTS"] = "always";
  EXPECT_EQ(refusal("default"), "AWS_STS_REGIONAL_ENDPOINTS: sts_regional_endpoints is neither regional nor legacy");
}

TEST_F(ProfileTest, AWebIdentityOutsideThePublicCloudNeedsARegion) {
  put("config", "[default]\nweb_identity_token_file = /t\nrole_arn = arn:aws-cn:iam::111122223333:role/r\n");
  EXPECT_NE(refusal("default").find("no region is known"), std::string::npos);
  EXPECT_EQ(plan_of<broker::WebIdentityPlan>(resolve("default", "cn-north-1")).token_file, "/t");
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

INSTANTIATE_TEST_SUITE_P(Corpus, ProfileCorpusTest, ::testing::ValuesIn(corpus()),
                         [](const auto& test_case) { return test_case.param; });

}  // namespace
