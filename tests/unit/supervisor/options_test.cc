#include "options.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

ipc::Result<CommandLine> parse(std::vector<std::string_view> words) { return parse_command_line(words); }

std::string refusal(std::vector<std::string_view> words) {
  const auto line = parse(std::move(words));
  return line ? "" : line.error().what + " / " + line.error().next_step;
}

TEST(Options, UnknownOptionIsRefusedAndTheNearestNamed) {
  EXPECT_EQ(refusal({"exec", "--profle", "x"}), "unknown option --profle / did you mean --profile?");
  EXPECT_EQ(refusal({"exec", "--no-lasy"}), "unknown option --no-lasy / did you mean --lazy?");
  EXPECT_NE(refusal({"exec", "--completely-different"}).find("see `sentinel exec --help`"), std::string::npos);
  EXPECT_NE(refusal({"exec", "-x"}).find("unknown option -x"), std::string::npos);
  EXPECT_NE(refusal({"exec", "-sx"}).find("unknown option -sx"), std::string::npos);
}

TEST(Options, ValueWithoutAWordIsRefused) {
  EXPECT_EQ(refusal({"exec", "--profile"}), "--profile needs a value / write --profile NAME");
  EXPECT_NE(refusal({"exec", "--profile="}).find("empty value"), std::string::npos);
  EXPECT_NE(refusal({"exec", "--profile", ""}).find("empty value"), std::string::npos);
}

TEST(Options, FlagWithAValueIsRefused) {
  EXPECT_NE(refusal({"exec", "--server=yes"}).find("takes no value"), std::string::npos);
  EXPECT_NE(refusal({"exec", "--no-server=no"}).find("takes no value"), std::string::npos);
}

TEST(Options, ValueOptionHasNoNegation) {
  EXPECT_NE(refusal({"exec", "--no-profile"}).find("unknown option"), std::string::npos);
}

TEST(Options, TwoDifferentValuesAreRefusedAndTwoEqualOnesAreNot) {
  EXPECT_NE(refusal({"exec", "--profile", "a", "--profile", "b"}).find("given twice"), std::string::npos);
  EXPECT_NE(refusal({"exec", "--lazy", "--no-lazy"}).find("given twice"), std::string::npos);
  EXPECT_EQ(refusal({"exec", "--profile", "a", "--profile=a"}), "");
}

TEST(Options, OptionOnTheWrongSideOfExecIsNamed) {
  EXPECT_NE(refusal({"--profile", "a", "exec"}).find("wrong side"), std::string::npos);
  EXPECT_NE(refusal({"exec", "--version"}).find("wrong side"), std::string::npos);
}

TEST(Options, UnknownCommandWordIsRefused) {
  EXPECT_NE(refusal({"exce"}).find("unknown command exce"), std::string::npos);
  EXPECT_NE(refusal({"--", "exec"}).find("-- before the word exec"), std::string::npos);
}

TEST(Options, EqualsSpaceShortAndNegatedFormsAreRead) {
  const auto line = parse({"exec", "-s", "--profile=a=b", "--region", "eu-1", "--no-lazy"});
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->flag("server"));
  EXPECT_FALSE(line->flag("lazy"));
  EXPECT_TRUE(line->has("lazy"));
  EXPECT_EQ(line->value("profile"), "a=b");
  EXPECT_EQ(line->value("region"), "eu-1");
  EXPECT_EQ(line->value("server-duration"), "15m");
}

TEST(Options, ValueMayLookLikeAnOption) {
  EXPECT_EQ(parse({"exec", "--profile", "--lazy"})->value("profile"), "--lazy");
}

TEST(Options, EverythingBehindTheDashesOrTheFirstPlainWordIsTheCommand) {
  EXPECT_EQ(parse({"exec", "--", "aws", "--profile", "x"})->command,
            (std::vector<std::string>{"aws", "--profile", "x"}));
  EXPECT_EQ(parse({"exec", "aws", "--help"})->command, (std::vector<std::string>{"aws", "--help"}));
  EXPECT_EQ(parse({"exec", "--", "--", "x"})->command, (std::vector<std::string>{"--", "x"}));
  EXPECT_EQ(parse({"exec", "-s", "-"})->command, (std::vector<std::string>{"-"}));
  EXPECT_TRUE(parse({"exec"})->command.empty());
}

}  // namespace
}  // namespace supervisor
