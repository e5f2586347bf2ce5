#include "policy_versions.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace supervisor {
namespace {

class PolicyVersionsFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "versions-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    home_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(home_); }
  [[nodiscard]] std::filesystem::path file() const { return home_ / ".local/state/sentinel/policy-versions"; }
  [[nodiscard]] ipc::Result<ipc::UniqueFd> open() const { return open_policy_versions(home_.string(), ""); }
  std::filesystem::path home_;
};

TEST_F(PolicyVersionsFile, NoHomeIsNoPlace) {
  const auto fd = open_policy_versions("", "");
  ASSERT_FALSE(fd);
  EXPECT_FALSE(fd.error().next_step.empty());
}

TEST_F(PolicyVersionsFile, ALinkIsNotFollowed) {
  ASSERT_TRUE(open());
  std::filesystem::rename(file(), home_ / "elsewhere");
  std::filesystem::create_symlink(home_ / "elsewhere", file());
  EXPECT_FALSE(open());
}

TEST_F(PolicyVersionsFile, OneThatOthersMayWriteIsRefused) {
  ASSERT_TRUE(open());
  std::filesystem::permissions(file(), std::filesystem::perms(0620));
  EXPECT_FALSE(open());
}

TEST_F(PolicyVersionsFile, AFolderInItsPlaceIsRefused) {
  std::filesystem::create_directories(file());
  EXPECT_FALSE(open());
}

TEST_F(PolicyVersionsFile, IsMadePrivateAndKeepsWhatIsInIt) {
  {
    const auto fd = open();
    ASSERT_TRUE(fd);
    ASSERT_EQ(::write(fd->get(), "7\n", 2), 2);
  }
  EXPECT_EQ(std::filesystem::status(file()).permissions(), std::filesystem::perms(0600));
  const auto again = open();
  ASSERT_TRUE(again);
  char text[8] = {};
  EXPECT_EQ(::read(again->get(), text, sizeof text), 2);
  EXPECT_STREQ(text, "7\n");
}

TEST_F(PolicyVersionsFile, IsWantedByAnOptionOrByTheHostsKey) {
  const std::string key = (home_ / "policy.pub").string();
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
}

}  // namespace
}  // namespace supervisor
