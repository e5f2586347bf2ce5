// A host's profiles mean what they mean in the AWS files: the same resolver says so, with the place in host.yaml.
#include "host_config/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host_config/load.h"
#include "profile/resolve.h"

namespace broker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kRest[] =
    "policy: { parameter: /p, profile: base }\nprincipals: [{ uid: 1000, user: marta }]\nlog: { syslog: true }\n";

HostConfig config_of(const std::string& profiles, const std::string& rest = kRest) {
  auto config = read_host_config("version: \"1\"\n" + rest + "profiles:\n" + profiles, "h");
  EXPECT_TRUE(config) << config.error().first().what;
  return config ? std::move(*config) : HostConfig{};
}

std::vector<std::string> unresolved(const std::string& profiles) {
  const auto resolved = resolve_host_profiles(config_of(profiles));
  std::vector<std::string> out;
  if (resolved) return out;
  for (const ipc::Error& each : resolved.error().told()) out.push_back(each.what);
  return out;
}

constexpr char kBase[] = "  base: { credential: base-key, region: eu-north-1 }\n";

TEST(HostProfiles, AMistakeIsToldOnceWhereItStands) {
  EXPECT_THAT(
      unresolved(std::string(kBase) + "  a: { role_arn: nonsense, source_profile: base }\n"
                                      "  b: { role_arn: arn:aws:iam::111122223333:role/b, source_profile: a }\n"
                                      "  c: { source_profile: base }\n"
                                      "  d: { role_arn: arn:aws:iam::111122223333:role/d, source_profile: bsae }\n"),
      ElementsAre(StartsWith("h:7: the role_arn of profile 'a' is not the ARN"),
                  StartsWith("h:9: profile 'c' names a source_profile but no role_arn"),
                  StartsWith("h:10: there is no profile 'bsae' in h")));
}

TEST(HostProfiles, ALoopIsNamed) {
  EXPECT_THAT(
      unresolved(std::string(kBase) + "  a: { role_arn: arn:aws:iam::111122223333:role/a, source_profile: b }\n"
                                      "  b: { role_arn: arn:aws:iam::111122223333:role/b, source_profile: a }\n"),
      ElementsAre(HasSubstr("a → b → a"), HasSubstr("b → a → b")));
}

TEST(HostProfiles, TheAwsFilesSayNothing) {
  EXPECT_THAT(
      unresolved(std::string(kBase) + "  a: { role_arn: arn:aws:iam::111122223333:role/a, source_profile: own }\n"),
      ElementsAre(::testing::Not(HasSubstr(" or "))));
}

TEST(HostProfiles, ThePolicysProfileHasARegion) {
  EXPECT_THAT(unresolved("  base: { credential: base-key }\n"),
              ElementsAre(StartsWith("h:2:35: policy: profile 'base' has no region")));
}

TEST(HostProfiles, AChainBeginsWithTheCredential) {
  const auto resolved = resolve_host_profiles(
      config_of(std::string(kBase) + "  a: { role_arn: arn:aws:iam::111122223333:role/a, source_profile: base }\n"
                                     "  own: { role_arn: arn:aws:iam::111122223333:role/o, credential: own-key }\n"
                                     "  web: { role_arn: arn:aws:iam::111122223333:role/w, web_identity_token_file: "
                                     "/run/token }\n"));
  ASSERT_TRUE(resolved) << resolved.error().first().what;
  ASSERT_THAT(*resolved, SizeIs(4));
  const ResolvedProfile& a = (*resolved)[1];
  EXPECT_EQ(a.base_profile, "base");
  EXPECT_EQ(kind_of(a.base), SourceKind::kStore);
  EXPECT_EQ(a.region, "eu-north-1");
  EXPECT_THAT(a.chain, ElementsAre(::testing::Field(&RoleStep::role_arn, "arn:aws:iam::111122223333:role/a")));
  EXPECT_EQ((*resolved)[2].base_profile, "own");
  EXPECT_THAT((*resolved)[2].chain, SizeIs(1));
  EXPECT_EQ(std::get<WebIdentityPlan>((*resolved)[3].base).token_file, "/run/token");
}

TEST(HostProfiles, TheHostsEndpointsHoldForAll) {
  const auto resolved = resolve_host_profiles(
      config_of(kBase, std::string(kRest) + "endpoints: { sts: \"http://127.0.0.1:4566\" }\nca_bundle: /ca.pem\n"));
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->front().sts.url, "http://127.0.0.1:4566");
  EXPECT_EQ(resolved->front().ca_bundle, "/ca.pem");
  EXPECT_TRUE(require_ssm(resolved->front()));
}

}  // namespace
}  // namespace broker
