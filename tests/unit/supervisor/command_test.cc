#include "command.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "decision_log.h"
#include "launch.h"

namespace supervisor {
namespace {

class FilesTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(folder_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string make(const std::string& name, mode_t mode) const {
    const std::string path = folder_ + "/" + name;
    std::filesystem::create_directories(path.substr(0, path.rfind('/')));
    std::ofstream(path) << "#!/bin/sh\n";
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::string folder_ = "/tmp/command-test-XXXXXX";
};
using Command = FilesTest;
using Launch = FilesTest;
using Log = FilesTest;

int code_for(const std::string& name, std::string_view path) {
  const auto file = resolve_command(name, path);
  return file ? 0 : file.error().exit_code;
}

TEST_F(Command, MissingIs127) {
  EXPECT_EQ(code_for("no-such-program", "/usr/bin:/bin"), 127);
  EXPECT_EQ(code_for("/no/such/program", ""), 127);
  EXPECT_EQ(code_for("/etc/passwd/x", ""), 127);
}

TEST_F(Command, NotExecutableIs126) {
  make("plain", 0644);
  EXPECT_EQ(code_for(folder_ + "/plain", ""), 126);
  EXPECT_EQ(code_for("plain", folder_), 126);
  EXPECT_EQ(code_for(folder_, ""), 126);
}

TEST_F(Command, APlainFileEarlierInThePathDoesNotHideAProgramLater) {
  make("a/tool", 0644);
  const std::string tool = make("b/tool", 0755);
  const auto file = resolve_command("tool", folder_ + "/a:" + folder_ + "/b");
  ASSERT_TRUE(file);
  EXPECT_EQ(*file, tool);
}

TEST_F(Command, AnUnsetPathStillFindsSh) { EXPECT_TRUE(resolve_command("sh", "")); }

TEST_F(Command, AnEmptyPartOfThePathIsTheCurrentFolder) {
  make("here", 0755);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  const auto file = resolve_command("here", "/nowhere:");
  std::filesystem::current_path(before);
  ASSERT_TRUE(file);
  EXPECT_EQ(*file, "./here");
}

void make_helpers(const std::function<std::string(const std::string&, mode_t)>& make, mode_t mode) {
  make("broker/sentinel-broker", mode);
  make("frontend/sentinel-frontend", mode);
  make("supervisor/sentinel-credential-process", mode);
}

TEST_F(Launch, HelpersAreFoundInABuildFolderAndInAnInstallation) {
  make_helpers([this](const std::string& name, mode_t mode) { return make(name, mode); }, 0755);
  EXPECT_EQ(find_helpers_beside(folder_ + "/supervisor/sentinel")->broker, folder_ + "/broker/sentinel-broker");
  for (const char* name : {"sentinel-broker", "sentinel-frontend", "sentinel-credential-process"}) {
    make(std::string("libexec/sentinel/") + name, 0711);
  }
  EXPECT_EQ(find_helpers_beside(folder_ + "/bin/sentinel")->frontend, folder_ + "/libexec/sentinel/sentinel-frontend");
}

TEST_F(Launch, AHelperThatOthersMayWriteIsRefused) {
  for (const mode_t mode : {0775, 0757}) {
    make_helpers([this](const std::string& name, mode_t m) { return make(name, m); }, mode);
    const auto paths = find_helpers_beside(folder_ + "/supervisor/sentinel");
    ASSERT_FALSE(paths);
    EXPECT_NE(paths.error().what.find("may be written by others"), std::string::npos);
  }
}

TEST_F(Launch, AHelperThatIsASymbolicLinkOrMissingIsRefused) {
  make_helpers([this](const std::string& name, mode_t mode) { return make(name, mode); }, 0755);
  std::filesystem::remove(folder_ + "/frontend/sentinel-frontend");
  EXPECT_FALSE(find_helpers_beside(folder_ + "/supervisor/sentinel"));
  std::filesystem::create_symlink("/bin/true", folder_ + "/frontend/sentinel-frontend");
  EXPECT_NE(find_helpers_beside(folder_ + "/supervisor/sentinel").error().what.find("not a regular file"),
            std::string::npos);
}

TEST_F(Launch, AHelperOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  make_helpers([this](const std::string& name, mode_t mode) { return make(name, mode); }, 0755);
  ASSERT_EQ(::chown((folder_ + "/broker/sentinel-broker").c_str(), 12345, 12345), 0);
  EXPECT_NE(find_helpers_beside(folder_ + "/supervisor/sentinel").error().what.find("belongs to another user"),
            std::string::npos);
}

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
