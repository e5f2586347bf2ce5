#include "tools/keys/new_key.h"

#include <gtest/gtest.h>

namespace broker {
namespace {

using ipc::Fault;

TEST(NewKeyTest, WhatIsNoLongTermKeyIsToldByName) {
  constexpr std::pair<const char*, const char*> kRefused[] = {
      {"ASIAIOSFODNN7EXAMPLE", "temporary"},   {"ASIA", "temporary"},
      {"AIDAIOSFODNN7EXAMPLE", "an IAM user"}, {"AROAIOSFODNN7EXAMPLE", "a role"},
      {"AKIAIOSFODNN7", "at least 16"},        {"", "at least 16"},
  };
  for (const auto& [id, says] : kRefused) {
    const ipc::Status checked = check_long_term(id);
    ASSERT_FALSE(checked) << id;
    EXPECT_EQ(checked.error().fault, Fault::kUsage);
    EXPECT_NE(checked.error().what.find(says), std::string::npos) << checked.error().what;
    EXPECT_FALSE(checked.error().next_step.empty());
  }
  EXPECT_TRUE(check_long_term("AKIAIOSFODNN7EXAMPLE"));
  EXPECT_TRUE(check_long_term("minio_root_user1"));  // an emulator's, in AWS's form
}

TEST(NewKeyTest, AKeyThatAwsDoesNotTakeIsNotOneThatAwsWasNotAskedAbout) {
  struct Case {
    ipc::Error error;
    Fault fault;
    std::string_view says, next;
  };
  const Case cases[] = {
      {{Fault::kRefused, "sts GetCallerIdentity: InvalidClientTokenId", "", 0},
       Fault::kRefused,
       "does not take the key AKIAX",
       "access key id"},
      {{Fault::kRefused, "sts GetCallerIdentity: SignatureDoesNotMatch", "check", 0},
       Fault::kRefused,
       "does not take the key AKIAX",
       "secret access key"},
      {{Fault::kRefused, "sts GetCallerIdentity: RegionDisabledException", "", 0},
       Fault::kRefused,
       "does not say that the key AKIAX works",
       "--offline"},
      {{Fault::kUnavailable, "sts.amazonaws.com gave no answer", "check the network", 0},
       Fault::kUnavailable,
       "could not be asked",
       "check the network, or store it unasked with --offline"},
      {{Fault::kConfig, "the proxy answers 407", "", 0},
       Fault::kConfig,
       "could not be asked",
       "try again, or store it unasked"},
  };
  for (const Case& one : cases) {
    const ipc::Error told = why_not_taken("AKIAX", one.error);
    EXPECT_EQ(told.fault, one.fault) << told.what;
    EXPECT_NE(told.what.find(one.says), std::string::npos) << told.what;
    EXPECT_NE(told.what.find("nothing is stored"), std::string::npos) << told.what;
    EXPECT_NE(told.next_step.find(one.next), std::string::npos) << told.next_step;
  }
}

}  // namespace
}  // namespace broker
