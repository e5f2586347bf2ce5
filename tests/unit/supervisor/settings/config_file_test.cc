#include "settings/config_file.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

ipc::Result<ConfigFile> parse(std::string_view text, Settable owner = Settable::User) {
  return parse_config(text, "/c", owner);
}

// What and next step of a refusal.
std::pair<std::string, std::string> refusal(std::string_view text, Settable owner = Settable::User) {
  const auto file = parse(text, owner);
  if (file) return {"accepted", ""};
  return {file.error().what, file.error().next_step};
}

using Pair = std::pair<std::string, std::string>;

TEST(ConfigFile, AnUnknownKeyNamesItsLineAndTheNearestWord) {
  EXPECT_EQ(refusal("[default]\n# a note\nservr = true\n"), Pair("/c:3: unknown key servr", "did you mean server?"));
  EXPECT_EQ(refusal("[default]\npolicy_parameter = /x\n").second, "did you mean policy-parameter?");
  EXPECT_EQ(refusal("[default]\n--region = x\n").second, "did you mean region?");
  EXPECT_EQ(refusal("[default]\nxyzzy = 1\n").second, "keys are the options of `sentinel exec --help-all`");
  EXPECT_EQ(refusal("[default]\nhelp = true\n").first, "/c:2: unknown key help");
  EXPECT_EQ(refusal("[default]\nexpect-head = x\n").first, "/c:2: unknown key expect-head") << "a tool's";
}

TEST(ConfigFile, WhatWeakensIsNotTheUsersFileToSay) {
  for (const OptionRow& row : kOptions) {
    if (find_run_option(row.name) != &row || row.where >= Settable::User) continue;
    const std::string line = "[default]\n" + std::string(row.name) + " = true\n";
    EXPECT_EQ(refusal(line).first, "/c:2: " + std::string(row.name) + " cannot be set here");
    const std::string& of_root = refusal(line, Settable::Root).first;
    EXPECT_EQ(of_root.find("cannot be set here") == std::string::npos, row.where == Settable::Root) << line << of_root;
  }
  EXPECT_EQ(refusal("[default]\non-tamper = warn\n").second,
            "say it on the command line, or in root's /etc/sentinel/config");
  EXPECT_TRUE(parse("[default]\non-tamper = warn\n", Settable::Root));
}

TEST(ConfigFile, AValueIsOneThatTheCommandLineWouldTake) {
  EXPECT_EQ(refusal("[default]\nserver = yes\n"),
            Pair("/c:2: server is neither true nor false", "write true or false"));
  EXPECT_EQ(refusal("[default]\nserver =\n").first, "/c:2: server has no value");
  EXPECT_EQ(refusal("[default]\nregion = \"eu-west-1\"\n").first, "/c:2: the value of region stands in quotes");
  EXPECT_EQ(refusal("[default]\nprompt = mail\n").first, "/c:2: --prompt mail is unknown");
  EXPECT_EQ(refusal("[default]\npolicy-file = policy.yaml\n").first,
            "/c:2: policy-file is not an absolute path, and would be another file in each folder");
  EXPECT_TRUE(parse("[default]\npolicy-file = ~/policy.yaml\n"));
  EXPECT_EQ(refusal("[default]\nregion = eu\n   west\n").first,
            "/c:2: a line below region is indented, as if it went on");
}

TEST(ConfigFile, SectionsAreDefaultAndProfilesAndNothingElse) {
  EXPECT_EQ(refusal("[sso-session x]\n"),
            Pair("/c:1: unknown section [sso-session x]", "write [default] or [profile NAME]"));
  EXPECT_EQ(refusal("[dev]\nserver = true\n").first, "/c:1: unknown section [dev]");
  EXPECT_NE(refusal("server = true\n").first.find("before the first section"), std::string::npos);
  EXPECT_NE(refusal("[default]\n[default]\n").first.find("stands in the file twice"), std::string::npos);
  EXPECT_EQ(refusal("[profile a]\nprofile = b\n").first, "/c:2: profile stands in the section of a profile");
  const auto file = parse("[profile default]\nserver = true\n[default]\nserver = false\n[profile \"a b*\"]\n");
  ASSERT_TRUE(file) << file.error().what;
  ASSERT_EQ(file->sections.size(), 3u) << "[default] is every profile's, [profile default] that one's";
  EXPECT_EQ(file->sections[0].pattern, "default");
  EXPECT_EQ(file->sections[1].pattern, "");
  EXPECT_EQ(file->sections[2].pattern, "a b*");
  EXPECT_TRUE(file->sections[2].is_glob);
  EXPECT_EQ(file->sections[0].settings[0].place, "/c:2");
}

TEST(ConfigFile, OnlyRootMakesAWordFinal) {
  EXPECT_EQ(refusal("[default]\nfinal server = true\n"),
            Pair("/c:2: only /etc/sentinel/config can make a word final", "take `final` away"));
  const auto file = parse("[default]\nfinal  server = true\nregion = x\n", Settable::Root);
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_TRUE(file->sections[0].settings[0].is_final);
  EXPECT_EQ(file->sections[0].settings[0].option, "server");
  EXPECT_FALSE(file->sections[0].settings[1].is_final);
  EXPECT_EQ(refusal("[default]\nfinal server = true\nserver = false\n", Settable::Root).first,
            "/c:3: server is said twice in this section");
  EXPECT_EQ(refusal("[default]\nfinal = true\n", Settable::Root).first, "/c:2: unknown key final");
}

TEST(ConfigFile, AKeyThatWasPastedHereIsNotShown) {
  for (const char* text :
       {"[default]\naws_secret_access_key = wJalrXUtnFEMI\n", "[default]\nfinal aws_session_token = wJalrXUtnFEMI\n",
        "[default]\nwJalrXUtnFEMI\n", "[wJalr\x01XUtnFEMI]\n"}) {
    const auto [what, next_step] = refusal(text, Settable::Root);
    EXPECT_EQ(what.find("XUtnFEMI"), std::string::npos) << what;
    EXPECT_NE(what, "accepted");
    EXPECT_EQ(next_step.find("XUtnFEMI"), std::string::npos) << next_step;
  }
}

TEST(ConfigFile, TheUsersFileLiesInTheConfigFolder) {
  EXPECT_EQ(user_config_path("/h", ""), "/h/.config/sentinel/config");
  EXPECT_EQ(user_config_path("/h", "/x"), "/x/sentinel/config");
  EXPECT_EQ(user_config_path("/h", "relative"), "/h/.config/sentinel/config");
  EXPECT_EQ(user_config_path("", ""), "");
}

}  // namespace
}  // namespace supervisor
