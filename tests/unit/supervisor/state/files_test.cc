#include "state/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

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
  [[nodiscard]] ipc::Result<ipc::UniqueFd> open() const {
    return open_state_file(StateFile::PolicyVersions, home_.string(), "");
  }
  std::filesystem::path home_;
};

TEST_F(PolicyVersionsFile, NoHomeIsNoPlace) {
  const auto fd = open_state_file(StateFile::PolicyVersions, "", "");
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

TEST_F(PolicyVersionsFile, AFolderAboveThatOthersMayReplaceOrThatALinkOfTheirsNamesIsRefused) {
  ASSERT_TRUE(open());
  std::filesystem::permissions(home_ / ".local", std::filesystem::perms(0777));
  const auto replaced = open();
  ASSERT_FALSE(replaced);
  EXPECT_NE(replaced.error().what.find((home_ / ".local").string() + " can be written by others"), std::string::npos);
  std::filesystem::permissions(home_ / ".local", std::filesystem::perms(0755));
  std::filesystem::rename(home_ / ".local/state/sentinel", home_ / "elsewhere");
  std::filesystem::create_symlink(home_ / "elsewhere", home_ / ".local/state/sentinel");
  EXPECT_TRUE(open()) << "a link of one's own";
  if (::geteuid() != 0) return;
  ASSERT_EQ(::lchown((home_ / ".local/state/sentinel").c_str(), 65534, 65534), 0);
  EXPECT_FALSE(open()) << "a link of another's";
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

TEST_F(PolicyVersionsFile, SessionsAreNotSharedThroughAFileThatOthersMayRead) {
  const auto open_sessions = [this] { return open_state_file(StateFile::Sessions, home_.string(), ""); };
  ASSERT_TRUE(open_sessions());
  std::filesystem::permissions(home_ / ".local/state/sentinel/sessions", std::filesystem::perms(0640));
  const auto fd = open_sessions();
  ASSERT_FALSE(fd);
  EXPECT_NE(fd.error().what.find("is not yours alone"), std::string::npos);
}

}  // namespace
}  // namespace supervisor
