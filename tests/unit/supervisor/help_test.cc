#include "help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "exit_codes.h"
#include "options.h"

namespace supervisor {
namespace {

using ::testing::HasSubstr;

std::string source_file(const std::string& name) {
  const std::filesystem::path data(TEST_DATA);  // <top>/tests/unit/supervisor/data, which need not exist
  std::ifstream file(data.parent_path().parent_path().parent_path().parent_path() / "supervisor" / name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Help, EveryOptionIsInEveryText) {
  for (const OptionRow& row : kOptions) {
    const std::string name = "--" + std::string(row.name);
    EXPECT_THAT(is_top(row) ? top_help() : exec_help(), HasSubstr(name));
    EXPECT_THAT(bash_completion(), HasSubstr(name));
  }
}

TEST(Help, EveryExitCodeIsInHelpAndManual) {
  for (const ExitCodeRow& row : kExitCodes) {
    EXPECT_THAT(exec_help(), HasSubstr(std::string(row.shown) + " "));
    EXPECT_THAT(manual_page(), HasSubstr(std::string(row.shown)));
  }
}

TEST(Help, NoLineOfTheHelpIsWiderThanATerminal) {
  std::istringstream lines(exec_help());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(Help, TheManualPageInTheTreeIsWhatTheTableSays) {
  EXPECT_EQ(source_file("sentinel.1"), manual_page()) << "run `sentinel --print-man > supervisor/sentinel.1`";
}

TEST(Help, TheCompletionInTheTreeIsWhatTheTableSays) {
  EXPECT_EQ(source_file("sentinel.bash"), bash_completion())
      << "run `sentinel --print-bash > supervisor/sentinel.bash`";
}

}  // namespace
}  // namespace supervisor
