// What binds a whole host is believed only where root alone can have written it.
#include "host/root_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace broker {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kSomebody = 12345;

// A folder of root's below /run, where root alone may write; /tmp is everybody's.
class RootFile : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make root's files: start the tests as root";
    char name[] = "/run/sentinel-root-file-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    ASSERT_EQ(::chmod(name, 0755), 0);
    write("f", "text");
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    ASSERT_EQ(::chmod(path(name).c_str(), 0644), 0);
  }
  static void expect_refused(const std::string& file, const std::string& why) {
    const auto read = read_root_file(file, 100);
    ASSERT_FALSE(read) << file;
    EXPECT_THAT(read.error().what, HasSubstr(why));
    EXPECT_FALSE(check_root_file(file));
  }
  std::string folder_;
};

TEST_F(RootFile, AFileThatOthersCanWriteIsRefused) {
  for (const mode_t mode : {0664, 0646, 0666}) {
    ::chmod(path("f").c_str(), mode);
    expect_refused(path("f"), path("f") + " can be written by others than root");
  }
}

TEST_F(RootFile, AFileOfSomebodyElseIsRefused) {
  ASSERT_EQ(::chown(path("f").c_str(), kSomebody, 0), 0);
  expect_refused(path("f"), "does not belong to root");
}

TEST_F(RootFile, AFolderThatOthersCanWriteIsRefusedHoweverFarAbove) {
  std::filesystem::create_directories(path("a/b"));
  write("a/b/f", "text");
  ASSERT_TRUE(check_root_file(path("a/b/f")));
  ::chmod(path("a").c_str(), 01777);  // sticky or not: who may make files may be the first to make this one
  expect_refused(path("a/b/f"), path("a") + " can be written by others");
  ::chmod(path("a").c_str(), 0755);
  ASSERT_EQ(::chown(path("a").c_str(), kSomebody, 0), 0);
  expect_refused(path("a/b/f"), path("a") + " does not belong to root");
}

TEST_F(RootFile, ALinkIsJudgedWhereItLeads) {
  std::filesystem::create_directories(path("theirs"));
  write("theirs/f", "text");
  std::filesystem::create_symlink("theirs/f", path("link"));
  ASSERT_TRUE(check_root_file(path("link")));
  ::chmod(path("theirs").c_str(), 0777);
  expect_refused(path("link"), path("theirs") + " can be written by others");
}

TEST_F(RootFile, ALinkOnTheWayOfALinkIsJudgedToo) {
  std::filesystem::create_directories(path("theirs"));
  std::filesystem::create_symlink(path("f"), path("theirs/hop"));
  std::filesystem::create_symlink("theirs/hop", path("link"));
  ASSERT_TRUE(check_root_file(path("link")));
  ::chmod(path("theirs").c_str(), 0777);
  expect_refused(path("link"), path("theirs") + " can be written by others");
}

TEST_F(RootFile, ALinkThatLeadsNowhereIsAnErrorAndNotAnAbsentFile) {
  std::filesystem::create_symlink("gone", path("link"));
  expect_refused(path("link"), "where a link leads");
  std::filesystem::create_symlink("round", path("round"));
  expect_refused(path("round"), "too many links");
}

TEST_F(RootFile, WhatIsNoRegularFileIsRefused) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  expect_refused(path("pipe"), "not a regular file");
  expect_refused(folder_, "not a regular file");
  expect_refused(path("f") + "/below", "is not a folder");
}

TEST_F(RootFile, AnOverlongFileIsRefusedAndNotCut) {
  write("f", std::string(101, 'x'));
  EXPECT_FALSE(read_root_file(path("f"), 100));
  write("f", std::string(100, 'x'));
  EXPECT_EQ(read_root_file(path("f"), 100).value_or(""), std::string(100, 'x'));
}

TEST_F(RootFile, AnAbsentFileIsNoError) {
  for (const std::string& name : {path("none"), path("no/folder/either")}) {
    const auto read = read_root_file(name, 100);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_FALSE(read->has_value());
    EXPECT_FALSE(check_root_file(name));
  }
}

TEST_F(RootFile, RootsOwnFileIsRead) {
  EXPECT_EQ(read_root_file(path("f"), 100).value_or(""), "text");
  EXPECT_EQ(read_root_file(path("../") + folder_.substr(folder_.rfind('/') + 1) + "/./f", 100).value_or(""), "text");
  EXPECT_TRUE(check_root_file(path("f")));
  EXPECT_FALSE(check_root_file("f")) << "relative";
}

}  // namespace
}  // namespace broker
