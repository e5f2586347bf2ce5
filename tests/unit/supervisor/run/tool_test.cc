#include "run/tool.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "child/launch.h"

namespace supervisor {
namespace {

std::vector<std::string> arguments_for(std::vector<std::string_view> words) {
  const auto line = parse_command_line(words);
  EXPECT_TRUE(line);
  return tool_arguments(*line);
}

TEST(Tool, GetsItsWordTheOptionsAndThenTheArguments) {
  EXPECT_EQ(arguments_for({"policy", "lint", "--json", "f"}),
            (std::vector<std::string>{"sentinel-policy", "lint", "--json=true", "--color=auto", "--", "f"}));
  EXPECT_EQ(
      arguments_for({"policy", "validate", "a", "--no-json", "--", "--b"}),
      (std::vector<std::string>{"sentinel-policy", "validate", "--json=false", "--color=auto", "--", "a", "--b"}));
  EXPECT_EQ(arguments_for({"audit", "verify", "--color", "never", "--expect-head", "ab", "f"}),
            (std::vector<std::string>{"sentinel-audit", "verify", "--expect-head=ab", "--color=never", "--", "f"}));
  EXPECT_EQ(arguments_for({"policy", "explain", "f", "--user=u", "--profile=p"}),
            (std::vector<std::string>{"sentinel-policy", "explain", "--user=u", "--profile=p", "--mode=server",
                                      "--color=auto", "--", "f"}));
}

TEST(Tool, OfOneWordIsCalledWithThatWord) {
  EXPECT_EQ(arguments_for({"doctor", "--offline"}),
            (std::vector<std::string>{"sentinel-doctor", "doctor", "--offline=true", "--color=auto", "--"}));
}

// A folder as an installation has it, with one tool in it.
class ToolPlace : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "tool-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::filesystem::create_directories(folder_ / "libexec/sentinel");
    std::ofstream(tool()) << "#!/bin/sh\n";
    std::filesystem::permissions(tool(), std::filesystem::perms(0755));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::filesystem::path tool() const { return folder_ / "libexec/sentinel/sentinel-policy"; }
  [[nodiscard]] ipc::Result<std::string> find() const {
    const ToolRow& row = *find_tool_row(Program::Policy);
    return find_tool_beside((folder_ / "bin/sentinel").string(), row.folder, row.name);
  }
  std::filesystem::path folder_;
};

TEST_F(ToolPlace, AMissingToolIsNamed) {
  std::filesystem::remove(tool());
  const auto found = find();
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().what.find(tool().string()), std::string::npos);
  EXPECT_FALSE(found.error().next_step.empty());
}

TEST_F(ToolPlace, AToolThatOthersMayWriteIsNotRun) {
  std::filesystem::permissions(tool(), std::filesystem::perms(0775));
  EXPECT_FALSE(find());
}

TEST_F(ToolPlace, ALinkIsNotFollowed) {
  std::filesystem::rename(tool(), folder_ / "elsewhere");
  std::filesystem::create_symlink(folder_ / "elsewhere", tool());
  EXPECT_FALSE(find());
}

TEST_F(ToolPlace, InABuildAToolLiesInItsOwnFolder) {
  for (const std::string name : {"broker/sentinel-broker", "broker/sentinel-policy", "supervisor/sentinel-doctor"}) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::filesystem::copy_file(tool(), folder_ / name);
  }
  const std::string sentinel = (folder_ / "supervisor/sentinel").string();
  for (const Program program : {Program::Policy, Program::Doctor}) {
    const ToolRow& row = *find_tool_row(program);
    EXPECT_EQ(find_tool_beside(sentinel, row.folder, row.name).value_or(""),
              (folder_ / std::string(row.folder) / std::string(row.name)).string());
  }
}

TEST_F(ToolPlace, ASoundToolIsFound) { EXPECT_EQ(find().value_or(""), tool().string()); }

}  // namespace
}  // namespace supervisor
