#include "state/decision_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

namespace supervisor {
namespace {

class Log : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(folder_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_ = "/tmp/decision-log-test-XXXXXX";
};

TEST_F(Log, APipeOrFolderIsNoDecisionLog) {
  ExecRequest request;
  request.log_file = folder_;
  EXPECT_FALSE(open_decision_logs(request, folder_, ""));
  request.log_file = folder_ + "/pipe";
  ASSERT_EQ(::mkfifo(request.log_file.c_str(), 0600), 0);
  EXPECT_FALSE(open_decision_logs(request, folder_, ""));
}

TEST_F(Log, TheDefaultLogIsPrivateAndNeverALink) {
  const auto logs = open_decision_logs({}, folder_, "");
  ASSERT_TRUE(logs);
  const std::string path = folder_ + "/.local/state/sentinel/decisions.jsonl";
  struct stat st {};
  ASSERT_EQ(::stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0600u);
  ASSERT_EQ(::stat((folder_ + "/.local/state/sentinel").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0700u);
  std::filesystem::remove(path);
  std::filesystem::create_symlink(folder_ + "/elsewhere", path);
  EXPECT_FALSE(open_decision_logs({}, folder_, ""));
}

TEST_F(Log, StderrAloneWritesNoFileAndBothWriteBoth) {
  ExecRequest request;
  request.log_stderr = true;
  EXPECT_EQ(open_decision_logs(request, folder_, "")->size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/.local"));
  request.log_file = folder_ + "/log";
  EXPECT_EQ(open_decision_logs(request, folder_, "")->size(), 2u);
  EXPECT_EQ(open_decision_logs({}, "", folder_)->front().label, folder_ + "/sentinel/decisions.jsonl");
  EXPECT_FALSE(open_decision_logs({}, "", ""));
}

}  // namespace
}  // namespace supervisor
