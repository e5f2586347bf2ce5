// What every tool understands of its command line, and how it speaks.
#include "tools/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "text/json_line.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ipc::Result<ToolArguments> arguments(std::vector<std::string> words) {
  static constexpr ToolWord kWords[] = {{"check", "user profile", 1, 2, "FILE"}, {"list", "", 0, 0, ""}};
  words.insert(words.begin(), "tool");
  std::vector<char*> argv;
  for (std::string& each : words) argv.push_back(each.data());
  return ToolArguments::parse("tool", kWords, argv);
}

TEST(ToolArguments, WhatTheWordDoesNotKnowIsRefused) {
  EXPECT_THAT(arguments({}).error().what, HasSubstr("needs a word"));
  EXPECT_THAT(arguments({"chek"}).error().what, HasSubstr("check"));
  EXPECT_THAT(arguments({"check", "--usr=a", "--", "f"}).error().what, HasSubstr("user"));
  EXPECT_THAT(arguments({"list", "--user=a"}).error().what, HasSubstr("unknown option"));
  EXPECT_THAT(arguments({"check", "--user=a", "--user=b", "f"}).error().what, HasSubstr("twice"));
  EXPECT_THAT(arguments({"check", "--user=", "f"}).error().what, HasSubstr("needs a value"));
  EXPECT_THAT(arguments({"check"}).error().what, HasSubstr("missing"));
  EXPECT_THAT(arguments({"check", "a", "b", "c"}).error().what, HasSubstr("unexpected"));
}

TEST(ToolArguments, BehindTwoDashesEverythingIsAFile) {
  const auto read = arguments({"check", "--user=a", "--", "--user=b"});
  ASSERT_TRUE(read);
  EXPECT_EQ("a", read->value("user"));
  EXPECT_THAT(read->files(), ElementsAre("--user=b"));
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
