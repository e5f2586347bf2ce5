// Which profiles share the key that they begin with: those that would ask the same source for the same session.
#include "run_profiles/first_key.h"

#include <gtest/gtest.h>

#include "aws_fakes.h"

namespace broker {
namespace {

class FirstKeyTest : public ::testing::Test {
 protected:
  static ResolvedProfile role_of(const std::string& base, const std::string& region = "eu-west-1") {
    ResolvedProfile profile;
    profile.base_profile = base;
    profile.region = region;
    profile.sts = sts_endpoint(region, StsEndpoints::kRegional);
    profile.chain.push_back({"ledger", "arn:aws:iam::111122223333:role/ledger", "", {}});
    return profile;
  }
  static ResolvedProfile with_device(ResolvedProfile profile, const std::string& serial) {
    profile.mfa = MfaPlan{serial, "", "marta", ""};
    return profile;
  }
};

TEST_F(FirstKeyTest, RolesOfOneKeyShareItInWhateverRegion) {
  EXPECT_TRUE(begin_with_the_same(role_of("marta"), role_of("marta")));
  EXPECT_TRUE(begin_with_the_same(role_of("marta"), role_of("marta", "us-east-1")));
  EXPECT_TRUE(begin_with_the_same(with_device(role_of("marta"), "m"), with_device(role_of("marta"), "m")));
}

TEST_F(FirstKeyTest, AnotherSourceDeviceLifetimeOrJudgeIsAnother) {
  EXPECT_FALSE(begin_with_the_same(role_of("marta"), role_of("otto")));
  ResolvedProfile process = role_of("marta");
  process.base = ProcessPlan{"print-keys", ""};
  EXPECT_FALSE(begin_with_the_same(role_of("marta"), process));
  EXPECT_FALSE(begin_with_the_same(role_of("marta"), with_device(role_of("marta"), "m")));
  EXPECT_FALSE(begin_with_the_same(with_device(role_of("marta"), "m"), with_device(role_of("marta"), "n")));
  ResolvedProfile itself = with_device(role_of("marta"), "m");
  itself.chain.clear();
  EXPECT_FALSE(begin_with_the_same(with_device(role_of("marta"), "m"), itself)) << "its session is shorter";
  ResolvedProfile trusting = role_of("marta");
  trusting.ca_bundle = "/etc/other.pem";
  EXPECT_FALSE(begin_with_the_same(role_of("marta"), trusting));
  ResolvedProfile elsewhere = role_of("marta");
  elsewhere.sts = testing::endpoint();
  elsewhere.sts.named_by = "AWS_ENDPOINT_URL_STS";
  EXPECT_FALSE(begin_with_the_same(role_of("marta"), elsewhere));
  ResolvedProfile global = role_of("marta");
  global.sts = sts_endpoint("", StsEndpoints::kRegional);
  global.region.clear();
  EXPECT_FALSE(begin_with_the_same(role_of("marta"), global)) << "its sessions count in fewer regions";
}

TEST_F(FirstKeyTest, TheEnvironmentsKeyIsOneForAllThatNameIt) {
  ResolvedProfile one = role_of("a"), other = role_of("b");
  one.base = EnvironmentKeyPlan{"x"};
  other.base = EnvironmentKeyPlan{"y"};
  EXPECT_TRUE(begin_with_the_same(one, other));
}

}  // namespace
}  // namespace broker
