#include "run/preparation.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace supervisor {
namespace {

TEST(Preparation, ASignatureIsDemandedByAnOptionOrByTheHostsKey) {
  std::string name = ::testing::TempDir() + "preparation-XXXXXX";
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const std::string key = name + "/policy.pub";
  ExecRequest request;
  request.policy_file = "/p";
  EXPECT_FALSE(demands_signature(request, key.c_str()));
  request.policy_key = "/k";
  EXPECT_TRUE(demands_signature(request, key.c_str()));
  request.policy_key.clear();
  request.policy_kms_key = "alias/k";
  EXPECT_TRUE(demands_signature(request, key.c_str()));
  request.policy_kms_key.clear();
  std::ofstream{key};
  EXPECT_TRUE(demands_signature(request, key.c_str()));
  request.policy_file.clear();
  EXPECT_FALSE(demands_signature(request, key.c_str())) << "there is no policy that could be signed";
  std::filesystem::remove_all(name);
}

}  // namespace
}  // namespace supervisor
