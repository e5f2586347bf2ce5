// What a run knows of its keys before AWS has said it, and after.
#include "run_profiles/run_identity.h"

#include <gtest/gtest.h>

#include "ipc/secret.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

TEST(RunIdentity, AProfilesNatureIsReadFromItsChain) {
  ASSERT_TRUE(ipc::SecretArena::open());
  ResolvedProfile profile;
  EXPECT_FALSE(key_source(profile).has_role);
  profile.chain.push_back({"ledger", "arn:aws:iam::111122223333:role/ledger", "", 2h});
  EXPECT_TRUE(key_source(profile).has_role);
  EXPECT_FALSE(key_source(profile).chained);
  EXPECT_EQ(key_source(profile).profile_duration, 2h);
  std::get<StaticKeyPlan>(profile.base).key.session_token = ipc::SecretBuffer::copy_of("a temporary key");
  EXPECT_TRUE(key_source(profile).chained);  // it may be a role's
  KeySource learnt = key_source(profile);
  add_what_aws_says(learnt, profile, true, Principal{"", "", "user", ""});
  EXPECT_FALSE(learnt.chained) << "GetSessionToken's keys are no role's";
  add_what_aws_says(learnt, profile, true, Principal{"", "", "assumed-role", ""});
  EXPECT_TRUE(learnt.chained);
  std::get<StaticKeyPlan>(profile.base).key.session_token = ipc::SecretBuffer();
  profile.chain.push_back(profile.chain.front());
  EXPECT_TRUE(key_source(profile).chained);
}

}  // namespace
}  // namespace broker
