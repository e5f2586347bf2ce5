#include "command_line/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "child/environment.h"
#include "command_line/manual_sections.h"
#include "command_line/options.h"
#include "ipc/settings.h"
#include "terminal/exit_codes.h"

namespace supervisor {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string source_file(const std::string& name) {
  const std::filesystem::path data(TEST_DATA);  // <top>/tests/unit/supervisor/data, which need not exist
  std::ifstream file(data.parent_path().parent_path().parent_path().parent_path() / "supervisor/command_line" / name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<Scope> every_scope() {
  std::vector<Scope> scopes{Scope()};
  for (const GroupRow& row : kGroups) scopes.emplace_back(row);
  for (const CommandRow& row : kCommands) scopes.emplace_back(row);
  return scopes;
}

TEST(Help, EveryOptionIsInTheTextsOfItsCommandsAndNoOthers) {
  for (const Scope scope : every_scope()) {
    std::set<std::string_view> own;
    for (const OptionRow& row : kOptions) {
      if (scope.has(row)) own.insert(row.name);
    }
    for (const OptionRow& row : kOptions) {
      const auto shown = ContainsRegex("\n  (-., )?--" + std::string(row.name) + "[ \n]");
      if (own.contains(row.name)) {
        EXPECT_THAT(help_text(scope, true), shown);
      } else {
        EXPECT_THAT(help_text(scope, true), Not(shown));
      }
    }
  }
  for (const OptionRow& row : kOptions) EXPECT_THAT(bash_completion(), HasSubstr("--" + std::string(row.name)));
}

// The first screen explains what is used daily, and hides nothing: the rest is there by name.
TEST(Help, OfARunTheEverydayOptionsAreExplainedAndTheOthersNamed) {
  for (const CommandRow& command : kCommands) {
    const std::string text = help_text(Scope(command));
    EXPECT_EQ(text.find("--help-all") != std::string::npos, find_option("help-all", Scope(command)) != nullptr)
        << command.words;
    for (const OptionRow& row : kOptions) {
      if (!Scope(command).has(row)) continue;
      const std::string name = "--" + std::string(row.name);
      EXPECT_THAT(text, ContainsRegex("[ (]" + name + "[, \n]"));
      const auto explained = ContainsRegex("\n  (-., )?" + name + "[ \n]");
      if (row.group == OptionGroup::Everyday) {
        EXPECT_THAT(text, explained);
      } else {
        EXPECT_THAT(text, Not(explained));
      }
    }
  }
  const std::string all = help_text(Scope(*find_command("exec")), true);
  EXPECT_LT(all.find("\n  -p, --profile "), all.find("\nThe policy:\n"));
  EXPECT_LT(all.find("\nThe policy:\n"), all.find("\n  --policy-key "));
  EXPECT_LT(all.find("\nThe decision log:\n"), all.find("\n  --log-file "));
}

// Each option of a run stands in the manual's list of the place that its row names, and in no other.
TEST(Help, TheManualSaysWhereEachOptionMayBeSaid) {
  const std::string page = manual_page();
  const std::string settings =
      page.substr(page.find(".SH SETTINGS"), page.find(".SH EXIT STATUS") - page.find(".SH SETTINGS"));
  for (const char* line :
       {"on the command line\nprofile, ", "In /etc/sentinel/config, on the command line\npolicy\\-max\\-age, "}) {
    EXPECT_THAT(settings, HasSubstr(line));
  }
  EXPECT_THAT(page, HasSubstr("SENTINEL_POLICY_PARAMETER, too.\n"));
  EXPECT_THAT(page, Not(HasSubstr("SENTINEL_ON_TAMPER")));
  EXPECT_THAT(page, Not(HasSubstr("SENTINEL_UNIX_SOCKET, too")));
}

TEST(Help, EveryCommandIsInEveryText) {
  for (const CommandRow& row : kCommands) {
    const std::string words(row.words), last(row.last_word());
    EXPECT_THAT(help_text(Scope(row)), StartsWith("Usage: sentinel " + words + " "));
    EXPECT_THAT(manual_page(), HasSubstr(".SS sentinel " + words + "\n"));
    EXPECT_THAT(bash_completion(), HasSubstr("'" + words + "') "));
    const GroupRow* group = find_group(row.group());
    EXPECT_THAT(help_text(group ? Scope(*group) : Scope()), HasSubstr("\n  " + last + " "));
  }
  for (const GroupRow& row : kGroups) EXPECT_THAT(help_text(Scope()), HasSubstr("\n  " + std::string(row.word) + " "));
}

TEST(Help, EveryExitCodeIsInHelpAndManual) {
  for (const ExitCodeRow& row : kExitCodes) {
    for (const CommandRow& command : kCommands) {
      if (Scope(command).has(row)) {
        EXPECT_THAT(help_text(Scope(command)), HasSubstr("  " + std::string(row.shown) + " "));
      }
    }
    EXPECT_THAT(manual_page(), HasSubstr(std::string(row.shown)));
  }
}

TEST(Help, NoLineOfTheHelpIsWiderThanATerminal) {
  for (const Scope scope : every_scope()) {
    std::istringstream lines(help_text(scope) + help_text(scope, true));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
  }
}

TEST(Help, TheManualPageInTheTreeIsWhatTheTableSays) {
  EXPECT_EQ(source_file("sentinel.1"), manual_page())
      << "run `sentinel --print-man > supervisor/command_line/sentinel.1`";
}

TEST(Help, EveryOptionOfEveryCommandIsInTheScriptOfEachShell) {
  for (const OptionRow& row : kOptions) {
    EXPECT_THAT(zsh_completion(), HasSubstr("--" + std::string(row.name)));
    EXPECT_THAT(fish_completion(), HasSubstr(" -l " + std::string(row.name)));
  }
  for (const CommandRow& row : kCommands) {
    EXPECT_THAT(zsh_completion(), HasSubstr("  " + std::string(row.last_word()) + ") _arguments"));
    EXPECT_THAT(fish_completion(), HasSubstr("'__sentinel_in \"" + std::string(row.words) + "\"'"));
  }
}

TEST(Help, TheCompletionsInTheTreeAreWhatTheTablesSay) {
  EXPECT_EQ(source_file("sentinel.zsh"), zsh_completion())
      << "run `sentinel --print-zsh > supervisor/command_line/sentinel.zsh`";
  EXPECT_EQ(source_file("sentinel.fish"), fish_completion())
      << "run `sentinel --print-fish > supervisor/command_line/sentinel.fish`";
  EXPECT_EQ(source_file("sentinel.bash"), bash_completion())
      << "run `sentinel --print-bash > supervisor/command_line/sentinel.bash`";
}

TEST(Help, EveryExampleOfTheManualIsALineThatIsTaken) {
  std::set<std::string_view> shown;
  for (const Example& each : examples()) {
    for (const std::string_view line : each.lines) {
      if (line.empty()) continue;
      std::istringstream text{std::string(line)};
      std::vector<std::string> words{std::istream_iterator<std::string>(text), {}};
      ASSERT_EQ("sentinel", words.at(0)) << line;
      const std::vector<std::string_view> given(words.begin() + 1, words.end());
      const auto parsed = parse_command_line(given);
      ASSERT_TRUE(parsed) << line << ": " << parsed.error().what;
      EXPECT_TRUE(check_command_line(*parsed)) << line;
      ASSERT_NE(nullptr, parsed->scope.command()) << line;
      shown.insert(parsed->scope.command()->words);
    }
  }
  EXPECT_THAT(shown,
              ::testing::IsSupersetOf({"exec", "credentials", "whoami", "policy test", "keys add", "audit show"}));
}

TEST(Help, TheManualSaysWhatBecomesOfEachVariable) {
  std::string page = manual_page();
  std::erase(page, '\\');
  for (const ipc::SettingRow& row : ipc::kSettings) EXPECT_THAT(page, HasSubstr(".B " + std::string(row.name) + "\n"));
  for (const CommandVariable& row : command_variables()) {
    if (row.fate == CommandVariable::Fate::kKept) continue;
    EXPECT_THAT(page, ContainsRegex("\n([A-Z_a-z0-9., ]*, )?" + std::string(row.name) + "[,.]")) << row.name;
  }
}

}  // namespace
}  // namespace supervisor
