#include "run_files/owned_paths.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "run_files/listeners.h"

namespace supervisor {
namespace {

class OwnedPathsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(folder_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string at(const std::string& name) const { return folder_ + "/" + name; }
  static void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  std::string folder_ = "/tmp/owned-paths-test-XXXXXX";
  OwnedPaths owned_;
};

TEST_F(OwnedPathsTest, WhatTookAPlaceIsLeftAlone) {
  write(at("a"), "ours");
  ASSERT_TRUE(owned_.claim(at("a")));
  write(at("b"), "theirs");
  std::filesystem::rename(at("b"), at("a"));
  EXPECT_EQ(owned_.remove_all(), std::vector{at("a")});
  EXPECT_TRUE(std::filesystem::exists(at("a")));
}

TEST_F(OwnedPathsTest, ASymbolicLinkInAPlaceIsNotFollowed) {
  write(at("a"), "ours");
  write(at("victim"), "theirs");
  ASSERT_TRUE(owned_.claim(at("a")));
  std::filesystem::remove(at("a"));
  std::filesystem::create_symlink(at("victim"), at("a"));
  EXPECT_EQ(owned_.remove_all().size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(at("victim")));
}

TEST_F(OwnedPathsTest, AFolderWithSomethingElseInItIsLeftAndNamed) {
  const auto run = make_run_folder(folder_, owned_);  // 0700 and ours: used as the runtime folder
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->path.starts_with(folder_ + "/sentinel-"));
  write(run->path + "/foreign", "x");
  EXPECT_EQ(owned_.remove_all(), std::vector{run->path});
  EXPECT_FALSE(std::filesystem::exists(run->config_path));
}

TEST_F(OwnedPathsTest, RemovalIsCompleteAndMayBeRepeated) {
  const auto run = make_run_folder(folder_, owned_);
  ASSERT_TRUE(run);
  ASSERT_TRUE(listen_unix(run->path + "/socket", owned_));
  EXPECT_TRUE(owned_.remove_all().empty());
  EXPECT_FALSE(std::filesystem::exists(run->path));
  EXPECT_TRUE(owned_.remove_all().empty());
}

TEST_F(OwnedPathsTest, GeneratedFilesAreForTheUserAlone) {
  const auto run = make_run_folder(folder_, owned_);
  for (const std::string& path : {run->config_path, run->credentials_path}) {
    struct stat st {};
    ASSERT_EQ(::stat(path.c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 07777, 0600u);
    EXPECT_EQ(st.st_size, 0);
  }
}

TEST_F(OwnedPathsTest, ARuntimeFolderThatOthersMayEnterIsNotUsed) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0711), 0);
  const auto run = make_run_folder(folder_, owned_);
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->path.starts_with("/tmp/sentinel-"));
  EXPECT_TRUE(owned_.remove_all().empty());
}

TEST_F(OwnedPathsTest, ATakenSocketPathIsRefusedAndKept) {
  write(at("s"), "theirs");
  const auto listener = listen_unix(at("s"), owned_);
  ASSERT_FALSE(listener);
  EXPECT_NE(listener.error().what.find("is taken"), std::string::npos);
  EXPECT_TRUE(owned_.remove_all().empty());
  EXPECT_TRUE(std::filesystem::exists(at("s")));
}

TEST_F(OwnedPathsTest, ASocketInAFolderThatOthersMayWriteIsRefusedUnlessSticky) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  EXPECT_NE(listen_unix(at("s"), owned_).error().what.find("others may write"), std::string::npos);
  ASSERT_EQ(::chmod(folder_.c_str(), 01777), 0);
  EXPECT_TRUE(listen_unix(at("s"), owned_));
}

TEST_F(OwnedPathsTest, ATooLongSocketPathIsRefused) {
  EXPECT_NE(listen_unix(at(std::string(107, 'x')), owned_).error().what.find("longer than 107 bytes"),
            std::string::npos);
}

TEST_F(OwnedPathsTest, ATakenPortIsRefused) {
  const auto first = listen_tcp(0);
  ASSERT_TRUE(first);
  ASSERT_NE(first->port, 0);
  const auto second = listen_tcp(first->port);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().what, "port " + std::to_string(first->port) + " of 127.0.0.1 is in use");
}

}  // namespace
}  // namespace supervisor
