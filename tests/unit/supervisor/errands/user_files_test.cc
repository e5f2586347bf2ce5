#include "errands/user_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace supervisor {
namespace {

const std::string kName = "0123456789abcdef0123456789abcdef01234567";

class UserFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "files-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    home_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(home_); }
  [[nodiscard]] std::filesystem::path cache() const { return home_ / ".aws/sso/cache" / (kName + ".json"); }
  std::filesystem::path home_;
};

TEST_F(UserFiles, ANameThatCouldLeadElsewhereIsRefused) {
  for (const std::string& bad : {std::string(), kName.substr(1), kName + "0", "../" + kName.substr(3),
                                 "A" + kName.substr(1), "g" + kName.substr(1), std::string(40, '.')})
    EXPECT_FALSE(open_token_cache(home_.string(), bad)) << bad;
  EXPECT_FALSE(open_token_cache("", kName));
  EXPECT_FALSE(std::filesystem::exists(home_ / ".aws"));
}

TEST_F(UserFiles, ACacheThatOthersMayWriteOrThatIsALinkIsRefused) {
  ASSERT_TRUE(open_token_cache(home_.string(), kName));
  for (const unsigned mode : {0622u, 0620u, 0644u, 0640u}) {  // who may read it has the token, and could lock it
    std::filesystem::permissions(cache(), std::filesystem::perms(mode));
    EXPECT_FALSE(open_token_cache(home_.string(), kName)) << mode;
  }
  std::filesystem::rename(cache(), home_ / "elsewhere");
  std::filesystem::create_symlink(home_ / "elsewhere", cache());
  EXPECT_FALSE(open_token_cache(home_.string(), kName));
  std::filesystem::remove(cache());
  std::filesystem::create_directory(cache());
  EXPECT_FALSE(open_token_cache(home_.string(), kName));
}

TEST_F(UserFiles, ACacheIsMadePrivateAndCanBeReadAndWritten) {
  const auto fd = open_token_cache(home_.string(), kName);
  ASSERT_TRUE(fd);
  EXPECT_EQ(::write(fd->get(), "{}", 2), 2);
  EXPECT_EQ(std::filesystem::status(cache()).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(std::filesystem::status(cache().parent_path()).permissions(), std::filesystem::perms(0700));
}

TEST_F(UserFiles, ATokenFileIsARegularFileAtAnAbsolutePath) {
  EXPECT_FALSE(open_token_file("token"));
  EXPECT_FALSE(open_token_file((home_ / "none").string()));
  EXPECT_FALSE(open_token_file(home_.string()));
  EXPECT_FALSE(open_token_file("/dev/null"));
  ASSERT_EQ(::mkfifo((home_ / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(open_token_file((home_ / "fifo").string())) << "and it did not wait for a writer";
  std::ofstream(home_ / "token") << "t";
  const auto fd = open_token_file((home_ / "token").string());
  ASSERT_TRUE(fd);
  EXPECT_EQ(::write(fd->get(), "x", 1), -1) << "it can be written";
}

}  // namespace
}  // namespace supervisor
