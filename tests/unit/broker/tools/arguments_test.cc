// What every tool understands of its command line, and how it speaks.
#include "tools/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "text/json_line.h"
#include "text/plain_text.h"

namespace broker {
namespace {

ipc::Result<ToolArguments> parse(ipc::Program tool, std::vector<std::string> words) {
  words.insert(words.begin(), "sentinel-tool");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return ToolArguments::parse(tool, argv);
}

std::string refusal(ipc::Program tool, std::vector<std::string> words) {
  const auto arguments = parse(tool, std::move(words));
  return arguments ? "" : arguments.error().what + " / " + arguments.error().next_step;
}

using enum ipc::Program;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ToolArguments, WhatTheWordDoesNotKnowIsRefused) {
  EXPECT_THAT(refusal(Policy, {}), HasSubstr("needs a word"));
  EXPECT_THAT(refusal(Policy, {"lnt"}), HasSubstr("lint"));
  EXPECT_THAT(refusal(Policy, {"explain", "--usr=a", "--", "f"}), HasSubstr("user"));
  EXPECT_THAT(refusal(Policy, {"schema", "--user=a"}), HasSubstr("unknown option"));
  EXPECT_THAT(refusal(Policy, {"explain", "--user=a", "--user=b", "f"}), HasSubstr("twice"));
  EXPECT_THAT(refusal(Policy, {"explain", "--user=", "f"}), HasSubstr("needs a value"));
  EXPECT_THAT(refusal(Policy, {"explain"}), HasSubstr("missing"));
  EXPECT_THAT(refusal(Policy, {"diff", "a", "b", "c"}), HasSubstr("unexpected"));
}

TEST(ToolArguments, BehindTwoDashesEverythingIsAFile) {
  const auto read = parse(Policy, {"explain", "--user=a", "--", "--user=b"});
  ASSERT_TRUE(read);
  EXPECT_EQ("a", read->value("user"));
  EXPECT_THAT(read->files(), ElementsAre("--user=b"));
}

TEST(ToolArguments, AWordOfAnotherToolIsUnknown) {
  EXPECT_EQ(refusal(Audit, {"lint", "f"}).find("sentinel audit: unknown word \"lint\""), 0u);
  EXPECT_EQ(refusal(Policy, {}).find("sentinel policy needs a word"), 0u);
  EXPECT_EQ(refusal(Profiles, {"list"}).find("sentinel profiles: unknown word \"list\""), 0u);
}

TEST(ToolArguments, AnOptionOfAnotherCommandIsRefusedAndTheUsageSaysWhichAreThere) {
  EXPECT_EQ(refusal(Policy, {"test", "--user=u", "--", "f"}).find("sentinel policy test: unknown option \"--user\""),
            0u);
  EXPECT_NE(refusal(Policy, {"test", "--user=u", "--", "f"}).find("/ usage: sentinel policy test [--policy PATH] FILE"),
            std::string::npos);
  EXPECT_NE(refusal(Policy, {"lint", "--help=true", "f"}).find("unknown option \"--help\""), std::string::npos);
}

TEST(ToolArguments, AnOptionWithoutAValueOrGivenTwiceIsRefused) {
  EXPECT_EQ(refusal(Policy, {"lint", "--json=", "f"}).find("sentinel policy lint: --json needs a value"), 0u);
  EXPECT_EQ(refusal(Policy, {"lint", "--json", "f"}).find("sentinel policy lint: --json needs a value"), 0u);
  EXPECT_EQ(refusal(Policy, {"lint", "--json=true", "--json=true", "f"}).find("sentinel policy lint: --json is given"),
            0u);
}

TEST(ToolArguments, FilesAreAsManyAsTheRowSays) {
  EXPECT_EQ(refusal(Policy, {"lint"}).find("sentinel policy lint: the name of a file is missing"), 0u);
  EXPECT_EQ(refusal(Policy, {"lint", "a", "b"}).find("sentinel policy lint: unexpected argument \"b\""), 0u);
  EXPECT_EQ(refusal(Policy, {"lint", ""}).find("sentinel policy lint: the name of a file is empty"), 0u);
  std::vector<std::string> words{"validate", "--"};
  words.insert(words.end(), 256, "f");
  EXPECT_EQ(refusal(Policy, words), "");
  words.emplace_back("p");
  EXPECT_EQ(refusal(Policy, words),
            "policy validate takes at most 256 files, and 257 are given / name fewer files at a time");
}

TEST(ToolArguments, TakesTheSupervisorsForm) {
  const auto arguments = parse(Keys, {"add", "--store=pass", "--from-credentials-file=false", "--", "--name"});
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->words(), "keys add");
  EXPECT_EQ(arguments->value("store"), "pass");
  EXPECT_TRUE(arguments->given("from-credentials-file"));
  EXPECT_FALSE(arguments->flag("from-credentials-file"));
  EXPECT_EQ(arguments->files(), std::vector<std::string>{"--name"});
}

TEST(ToolArguments, EveryCommandHasAUsageLine) {
  EXPECT_EQ(ipc::usage_of(*ipc::find_command("profiles")), "profiles [--names]");
  EXPECT_EQ(ipc::usage_of(*ipc::find_command("keys rotate")), "keys rotate [--allow-user-namespace] [--region REGION] PROFILE");
  EXPECT_EQ(ipc::usage_of(*ipc::find_command("policy verify")).find("policy verify (--policy-key PATH | "), 0u);
}

TEST(ToolOutput, NothingThatIsQuotedSteersATerminal) {
  EXPECT_EQ("a?[31mb", harmless("a\x1b[31mb"));
  EXPECT_EQ("a b", harmless("a\nb"));
  EXPECT_EQ("???", harmless("\xe2\x80\xae")) << "a mark that turns text around";
  EXPECT_EQ("\xc3\xbc", harmless("\xc3\xbc"));
  JsonText json;
  json.open_object().text("a", "x\"\n").open_list("b").text({}, "y").number({}, 2).close_list().close_object();
  EXPECT_EQ("{\"a\":\"x\\\"\\n\",\"b\":[\"y\",2]}\n", std::move(json).finish());
}

}  // namespace
}  // namespace broker
