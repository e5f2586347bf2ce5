#include "run_files/folder_watch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "run_files/run_folder.h"

namespace supervisor {
namespace {

class FolderWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(base_.data()), nullptr);
    RunPlaces places;
    places.runtime_dir = base_;
    places.run_user = base_ + "/none";
    auto made = make_run_folder(places, owned_);
    ASSERT_TRUE(made);
    folder_ = std::move(*made);
    watch_.begin(owned_);
  }
  void TearDown() override { std::filesystem::remove_all(base_); }
  void write_config(std::string_view text) {
    ASSERT_EQ(::write(folder_.config.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  static void append(const std::string& path) { std::ofstream(path, std::ios::app) << "x"; }

  std::string base_ = "/tmp/folder-watch-test-XXXXXX";
  OwnedPaths owned_;
  RunFolder folder_;
  FolderWatch watch_;
};

TEST_F(FolderWatchTest, WhatWeWroteAndWhatIsReadIsNoChange) {
  write_config("[default]\n");
  EXPECT_TRUE(watch_.wrote(folder_.config_path, "[default]\n"));
  std::ifstream(folder_.config_path).get();
  append(folder_.path + "/.config.swp");
  std::filesystem::remove(folder_.path + "/.config.swp");
  EXPECT_EQ(watch_.look(), std::nullopt);
}

TEST_F(FolderWatchTest, WhatAnotherWroteBeforeUsIsRefused) {
  std::ofstream(folder_.config_path) << "[default]\ncredential_process = /tmp/evil\n";
  write_config("[default]\n");
  const ipc::Status wrote = watch_.wrote(folder_.config_path, "[default]\n");
  ASSERT_FALSE(wrote);
  EXPECT_EQ(wrote.error().fault, ipc::Fault::kRefused);
  EXPECT_NE(wrote.error().what.find("was rewritten by another program"), std::string::npos) << wrote.error().what;
}

TEST_F(FolderWatchTest, AChangeBesideOurWriteIsToldByTheNextLook) {
  std::filesystem::rename(folder_.credentials_path, folder_.path + "/aside");
  std::filesystem::rename(folder_.path + "/aside", folder_.credentials_path);
  write_config("[default]\n");
  EXPECT_TRUE(watch_.wrote(folder_.config_path, "[default]\n"));
  EXPECT_EQ(watch_.look(), folder_.credentials_path + " was moved");
  EXPECT_EQ(watch_.look(), std::nullopt);
}

TEST_F(FolderWatchTest, WhatCameIntoAnEmptyFileBeforeTheWatchIsSeen) {
  append(folder_.credentials_path);
  FolderWatch later;
  later.begin(owned_);
  EXPECT_EQ(later.look(), folder_.credentials_path + " was rewritten");
}

TEST_F(FolderWatchTest, AChangeIsToldOnceAndTheNextAgain) {
  append(folder_.config_path);
  EXPECT_EQ(watch_.look(), folder_.config_path + " was rewritten");
  EXPECT_EQ(watch_.look(), std::nullopt);
  std::filesystem::remove(folder_.config_path);
  EXPECT_EQ(watch_.look(), folder_.config_path + " was removed");
  EXPECT_EQ(watch_.look(), std::nullopt);
  append(folder_.config_path);
  EXPECT_EQ(watch_.look(), folder_.config_path + " is there again");
}

TEST_F(FolderWatchTest, AFloodOfChangesThatHidesOneIsAChange) {
  std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
  int most = 0;
  limit >> most;
  if (most == 0 || most > 100000) GTEST_SKIP() << "too many to fill the queue with";
  for (int i = 0; i <= most; ++i) {
    const std::string file = i % 2 ? folder_.config_path : folder_.credentials_path;  // or the kernel folds them
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  }
  EXPECT_EQ(watch_.look(), "the run's files were changed faster than could be followed");
}

}  // namespace
}  // namespace supervisor
