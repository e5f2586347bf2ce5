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
  ipc::Begin task;
  task.policy_file = ipc::Text<4096>("/p");
  EXPECT_FALSE(demands_signature(task, key.c_str()));
  task.policy_key = ipc::Text<4096>("/k");
  EXPECT_TRUE(demands_signature(task, key.c_str()));
  task.policy_key = {};
  task.policy_kms_key = ipc::Text<2048>("alias/k");
  EXPECT_TRUE(demands_signature(task, key.c_str()));
  task.policy_kms_key = {};
  std::ofstream{key};
  EXPECT_TRUE(demands_signature(task, key.c_str()));
  task.policy_file = {};
  EXPECT_FALSE(demands_signature(task, key.c_str())) << "there is no policy that could be signed";
  std::filesystem::remove_all(name);
}

}  // namespace
}  // namespace supervisor
