// Who comes from another tool is told Sentinel's own line, and that line is one that Sentinel takes.
#include "command_line/other_words.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "command_line/options.h"

namespace supervisor {
namespace {

std::string answered(std::vector<std::string_view> words) {
  const auto line = parse_command_line(words);
  return line ? "" : line.error().what + " / " + line.error().next_step;
}

// With a word that the table takes in the place of the reader's own.
ipc::Status taken(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::vector<std::string> all;
  for (std::string word; words >> word;) {
    if (word == "STORE") word = "pass";
    if (word == "DURATION") word = "1h";
    all.push_back(word);
  }
  std::vector<std::string_view> arguments(all.begin() + 1, all.end());
  const auto parsed = parse_command_line(arguments);
  if (!parsed) return std::unexpected(parsed.error());
  return check_command_line(*parsed);
}

TEST(OtherWords, EachLineIsOneThatIsTaken) {
  for (const OtherWord& word : kOtherWords) {
    EXPECT_TRUE(word.line.empty() || word.line.starts_with("sentinel ")) << word.typed;
    EXPECT_FALSE(word.line.empty() && word.why.empty()) << word.typed;
    if (!has_command(word)) continue;
    const ipc::Status good = taken(word.line);
    EXPECT_TRUE(good) << word.line << ": " << good.error().what;
  }
}

TEST(OtherWords, NoneIsAWordOfOurOwnUnlessItsLineNamesIt) {
  for (const OtherWord& word : kOtherWords) {
    if (word.place == "top") {
      const CommandRow* const own = find_command(word.typed);
      EXPECT_TRUE(!own || word.line.starts_with("sentinel " + std::string(word.typed))) << word.typed;
    } else {
      EXPECT_EQ(find_option(word.typed, Scope(*find_command(word.place))), nullptr) << word.typed;
    }
  }
}

TEST(OtherWords, TheyAreAnsweredAndNotTaken) {
  EXPECT_EQ(answered({"add", "work"}),
            "unknown command add / that is a word of aws-vault: here it is `sentinel keys add PROFILE`");
  EXPECT_EQ(answered({"list"}),
            "unknown command list / that is a word of aws-vault: here it is `sentinel profiles`; "
            "`sentinel keys list` has the stored keys");
  EXPECT_NE(answered({"exec", "--ecs-server"}).find("here it is `sentinel exec --server "), std::string::npos);
  EXPECT_NE(answered({"exec", "--no-session"}).find("a long-term key is never handed out"), std::string::npos);
  EXPECT_EQ(answered({"exec", "--no-session"}).find("here it is"), std::string::npos);
  EXPECT_NE(answered({"assume", "dev"}).find("that is a word of granted"), std::string::npos);
}

TEST(OtherWords, BehindAnotherCommandTheyAreNothingSpecial) {
  EXPECT_EQ(answered({"policy", "add"}).find("aws-vault"), std::string::npos);
  EXPECT_EQ(answered({"credentials", "--ecs-server"}).find("aws-vault"), std::string::npos);
}

}  // namespace
}  // namespace supervisor
