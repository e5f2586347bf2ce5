#include "child/command.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace supervisor {
namespace {

class Command : public ::testing::Test {
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

}  // namespace
}  // namespace supervisor
