// A profile for a run with a token: it needs no file, and what is in one counts without its keys.
#include "profile/without_keys.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace broker {
namespace {

class RemoteProfileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    settings_["AWS_CONFIG_FILE"] = config_;
    settings_["AWS_SHARED_CREDENTIALS_FILE"] = "/nonexistent/credentials";
  }
  void TearDown() override { ::unlink(config_.c_str()); }
  void config(const std::string& text) { std::ofstream(config_) << text; }
  ipc::Result<ResolvedProfile> resolve(std::string_view flag = {}, std::string_view name = "ledger") {
    return resolve_without_keys(name, settings_, "/home/marta", flag);
  }
  const std::string config_ = "/tmp/remote-profile-" + std::to_string(::getpid());
  ipc::Settings settings_;
};

TEST_F(RemoteProfileTest, WhatNamesNoRegionOrNoFileIsRefusedWithItsPlace) {
  config("[profile ledger]\nregion = eu west 1\n");
  ASSERT_FALSE(resolve());
  EXPECT_NE(resolve().error().what.find(config_ + ":2"), std::string::npos) << resolve().error().what;
  EXPECT_TRUE(resolve("eu-west-1"));
  EXPECT_FALSE(resolve("eu/west"));
  config("[profile ledger]\nca_bundle = some.pem\n");
  ASSERT_FALSE(resolve());
  EXPECT_NE(resolve().error().what.find("absolute"), std::string::npos);
  config("[profile ledger\nregion = eu-west-1\n");
  EXPECT_FALSE(resolve()) << "a file that cannot be read";
}

TEST_F(RemoteProfileTest, NoProfileIsNeededAnywhere) {
  const auto profile = resolve();
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->name, "ledger");
  EXPECT_EQ(profile->region, "");
  EXPECT_EQ(resolve("eu-west-1")->region, "eu-west-1");
  settings_["AWS_REGION"] = "eu-north-1";
  EXPECT_EQ(resolve()->region, "eu-north-1");
  EXPECT_EQ(resolve("eu-west-1")->region, "eu-west-1");
}

TEST_F(RemoteProfileTest, AProfileThatIsThereGivesRegionAndCertificatesAndNoKey) {
  config(
      "[profile ledger]\nregion = eu-central-1\nca_bundle = ~/ca.pem\naws_access_key_id = AKIDEXAMPLE\n"
      "aws_secret_access_key = never-read\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = nobody\n");
  const auto profile = resolve();
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_EQ(profile->region, "eu-central-1");
  EXPECT_EQ(profile->ca_bundle, "/home/marta/ca.pem");
  EXPECT_TRUE(profile->chain.empty());
  EXPECT_TRUE(std::get<StaticKeyPlan>(profile->base).key.access_key_id.empty());
  settings_["AWS_CA_BUNDLE"] = "/etc/other.pem";
  EXPECT_EQ(resolve()->ca_bundle, "/etc/other.pem");
}

}  // namespace
}  // namespace broker
