#include "argument/prompt_method.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace supervisor {
namespace {

PromptSurroundings around(bool terminal, bool display, std::set<std::string, std::less<>> programs) {
  return {terminal, display, [programs](std::string_view name) { return programs.contains(name); }};
}

// "terminal pinentry(pinentry-qt)", or why not.
std::string ways(std::optional<PromptMethod> wanted, bool code, const PromptSurroundings& surroundings) {
  const auto found = prompt_ways(wanted, code, surroundings);
  if (!found) {
    EXPECT_FALSE(found.error().next_step.empty());
    return "no: " + found.error().what;
  }
  std::string out;
  for (const PromptWay& way : *found) {
    out += (out.empty() ? "" : " ") + std::string(prompt_word(way.method));
    if (!way.program.empty()) out += "(" + std::string(way.program) + ")";
  }
  return out;
}

TEST(PromptMethod, WhereNothingCanWorkItIsSaidWhatIsMissing) {
  EXPECT_EQ(ways({}, true, around(false, false, {"pinentry", "zenity", "kdialog", "ykman"})),
            "no: there is no terminal to ask on, and no display for a window");
  EXPECT_EQ(ways({}, true, around(false, true, {"ykman"})),
            "no: there is no terminal to ask on, and neither pinentry nor zenity nor kdialog is there");
  const auto none = prompt_ways({}, true, around(false, false, {}));
  EXPECT_NE(none.error().next_step.find("--mfa-token"), std::string::npos);
  EXPECT_EQ(prompt_ways({}, false, around(false, false, {})).error().next_step.find("--mfa-token"), std::string::npos)
      << "a code is no passphrase";
}

TEST(PromptMethod, OneThatIsNamedIsTheOnlyOneAndMustWork) {
  const auto everything = around(true, true, {"pinentry", "zenity", "kdialog", "ykman"});
  EXPECT_EQ(ways(PromptMethod::Zenity, true, everything), "zenity(zenity)");
  EXPECT_EQ(ways(PromptMethod::Ykman, true, around(false, false, {"ykman"})), "ykman(ykman)");
  EXPECT_EQ(ways(PromptMethod::Zenity, true, around(true, true, {})), "no: zenity was not found");
  EXPECT_EQ(ways(PromptMethod::Kdialog, true, around(true, false, {"kdialog"})),
            "no: kdialog has no display to show a window on");
  EXPECT_EQ(ways(PromptMethod::Pinentry, true, around(true, false, {"pinentry"})),
            "no: pinentry has no display to show a window on");
  EXPECT_EQ(ways(PromptMethod::Terminal, true, around(false, true, {"zenity"})), "no: there is no terminal to ask on");
}

TEST(PromptMethod, ByDefaultTheTerminalComesFirstAndWindowsNeedADisplay) {
  EXPECT_EQ(ways({}, true, around(true, false, {"zenity"})), "terminal");
  EXPECT_EQ(ways({}, true, around(true, true, {"kdialog", "zenity", "pinentry", "pinentry-qt"})),
            "terminal pinentry(pinentry-qt) zenity(zenity) kdialog(kdialog)");
  EXPECT_EQ(ways({}, true, around(false, true, {"kdialog"})), "kdialog(kdialog)");
}

TEST(PromptMethod, YkmanKnowsCodesAndNoPassphrase) {
  EXPECT_EQ(ways(PromptMethod::Ykman, false, around(true, true, {"ykman", "zenity"})), "terminal zenity(zenity)");
  EXPECT_EQ(ways({}, true, around(false, true, {"ykman", "zenity"})), "zenity(zenity)");
}

TEST(PromptMethod, EveryWordOfTheOptionIsOne) {
  for (const PromptMethodRow& row : kPromptMethods) {
    EXPECT_EQ(prompt_method(row.word), row.method);
    EXPECT_EQ(prompt_word(row.method), row.word);
  }
  EXPECT_EQ(prompt_method("tty"), std::nullopt);
  EXPECT_EQ(prompt_method(""), std::nullopt);
}

}  // namespace
}  // namespace supervisor
