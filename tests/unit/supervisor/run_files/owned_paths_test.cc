#include "run_files/owned_paths.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "run_files/listeners.h"
#include "run_files/run_folder.h"

namespace supervisor {
namespace {

class OwnedPathsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(folder_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string at(const std::string& name) const { return folder_ + "/" + name; }
  static void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  // Nothing of this host's: its state folder and that of the login session are not there.
  [[nodiscard]] RunPlaces places() const {
    RunPlaces places;
    places.runtime_dir = folder_;
    places.run_user = at("none");
    return places;
  }
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
  const auto run = make_run_folder(places(), owned_);  // 0700 and ours: used as the runtime folder
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->path.starts_with(folder_ + "/sentinel-"));
  write(run->path + "/foreign", "x");
  EXPECT_EQ(owned_.remove_all(), std::vector{run->path});
  EXPECT_FALSE(std::filesystem::exists(run->config_path));
}

TEST_F(OwnedPathsTest, RemovalIsCompleteAndMayBeRepeated) {
  const auto run = make_run_folder(places(), owned_);
  ASSERT_TRUE(run);
  ASSERT_TRUE(listen_unix(run->path + "/socket", owned_));
  EXPECT_TRUE(owned_.remove_all().empty());
  EXPECT_FALSE(std::filesystem::exists(run->path));
  EXPECT_TRUE(owned_.remove_all().empty());
}

TEST_F(OwnedPathsTest, GeneratedFilesAreForTheUserAlone) {
  const auto run = make_run_folder(places(), owned_);
  for (const std::string& path : {run->config_path, run->credentials_path}) {
    struct stat st {};
    ASSERT_EQ(::stat(path.c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 07777, 0400u);
    EXPECT_EQ(st.st_size, 0);
  }
}

TEST_F(OwnedPathsTest, ARuntimeFolderThatOthersMayEnterIsNotUsed) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0711), 0);
  const auto run = make_run_folder(places(), owned_);
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->path.starts_with("/tmp/sentinel-"));
  EXPECT_TRUE(owned_.remove_all().empty());
}

TEST_F(OwnedPathsTest, TheLastPlaceMustBeStickyWhereOthersWriteIt) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  RunPlaces shared = places();
  shared.runtime_dir = "";
  shared.last = folder_;
  const auto refused = make_run_folder(shared, owned_);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("can be written by"), std::string::npos) << refused.error().what;
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  ASSERT_EQ(::chmod(folder_.c_str(), 01777), 0);
  EXPECT_TRUE(make_run_folder(shared, owned_));
  EXPECT_TRUE(owned_.remove_all().empty());
}

TEST_F(OwnedPathsTest, TheStateFolderIsOurOwnAndIsClearedOfWhatNoRunHolds) {
  RunPlaces state = places();
  state.runtime_dir = "";
  const std::string home = at("home");
  std::filesystem::create_directory(home);
  state.home = home;
  OwnedPaths killed;
  auto left = make_run_folder(state, killed);
  ASSERT_TRUE(left);
  EXPECT_TRUE(left->path.starts_with(at("home/.local/state/sentinel/run/sentinel-"))) << left->path;
  const auto running = make_run_folder(state, owned_);
  ASSERT_TRUE(running);
  EXPECT_TRUE(std::filesystem::exists(left->path)) << "it is locked";
  left->lock.reset();
  write(at("home/.local/state/sentinel/run/notes"), "x");
  OwnedPaths third;
  ASSERT_TRUE(make_run_folder(state, third));
  EXPECT_FALSE(std::filesystem::exists(left->path));
  EXPECT_TRUE(std::filesystem::exists(running->config_path));
  EXPECT_TRUE(std::filesystem::exists(at("home/.local/state/sentinel/run/notes")));
}

TEST_F(OwnedPathsTest, APlaceWhoseSocketPathWouldBeTooLongIsPassedOver) {
  const std::string runtime = at(std::string(80, 'r'));
  ASSERT_EQ(::mkdir(runtime.c_str(), 0700), 0);
  RunPlaces far = places();
  far.runtime_dir = runtime;
  const auto with_config_alone = make_run_folder(far, owned_);
  ASSERT_TRUE(with_config_alone);
  EXPECT_TRUE(with_config_alone->path.starts_with(runtime));
  far.for_socket = true;
  const auto with_socket = make_run_folder(far, owned_);
  ASSERT_TRUE(with_socket);
  EXPECT_TRUE(with_socket->path.starts_with("/tmp/sentinel-")) << with_socket->path;
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
  EXPECT_NE(listen_unix(at("s"), owned_).error().what.find("can be written by others"), std::string::npos);
  ASSERT_EQ(::chmod(folder_.c_str(), 01777), 0);
  EXPECT_TRUE(listen_unix(at("s"), owned_));
}

// Whoever may write there may put a socket of his own in the place of ours, or a whole folder.
TEST_F(OwnedPathsTest, ASocketBelowAFolderThatOthersMayWriteIsRefusedUnlessSticky) {
  ASSERT_TRUE(std::filesystem::create_directories(at("open/inner")));
  ASSERT_EQ(::chmod(at("open/inner").c_str(), 0700), 0);
  ASSERT_EQ(::chmod(at("open").c_str(), 0777), 0);
  const auto refused = listen_unix(at("open/inner/s"), owned_);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().what.starts_with("--unix-socket-path: ")) << refused.error().what;
  EXPECT_NE(refused.error().what.find(at("open")), std::string::npos) << refused.error().what;
  EXPECT_FALSE(std::filesystem::exists(at("open/inner/s")));
  ASSERT_EQ(::chmod(at("open").c_str(), 01777), 0);
  EXPECT_TRUE(listen_unix(at("open/inner/s"), owned_));
}

TEST_F(OwnedPathsTest, ASocketBehindAnotherUsersLinkOrFolderIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to be another user";
  constexpr uid_t kOther = 65534;
  ASSERT_TRUE(std::filesystem::create_directories(at("own/theirs/inner")));
  ASSERT_EQ(::chown(at("own/theirs").c_str(), kOther, kOther), 0);
  std::filesystem::create_directory_symlink(at("own"), at("link"));
  ASSERT_EQ(::lchown(at("link").c_str(), kOther, kOther), 0);
  EXPECT_FALSE(listen_unix(at("own/theirs/inner/s"), owned_));
  EXPECT_FALSE(listen_unix(at("link/s"), owned_));
  EXPECT_TRUE(listen_unix(at("own/s"), owned_));
}

TEST_F(OwnedPathsTest, TheListenerSaysWhomTheKernelNamesToItsClients) {
  const auto listener = listen_unix(at("s"), owned_);
  ASSERT_TRUE(listener);
  EXPECT_EQ(listener->server, ::getpid());
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
