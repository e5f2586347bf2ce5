#include "settings/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace supervisor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Host {
  std::string root, user;
  std::vector<std::string> environment;
};

ipc::Result<AppliedSettings> apply(const Host& host, std::vector<std::string_view> words) {
  const auto line = parse_command_line(words);
  EXPECT_TRUE(line) << line.error().what;
  SettingSources sources;
  sources.home = "/h";
  for (auto [file, text, owner] :
       {std::tuple(&sources.root, &host.root, Settable::Root), std::tuple(&sources.user, &host.user, Settable::User)}) {
    auto parsed = parse_config(*text, owner == Settable::Root ? "/root" : "/user", owner);
    EXPECT_TRUE(parsed) << parsed.error().what;
    *file = std::move(*parsed);
  }
  auto variables = settings_of_variables(host.environment);
  if (!variables) return std::unexpected(variables.error());
  sources.variables = std::move(*variables);
  for (const std::string& entry : host.environment) {
    if (entry.starts_with("AWS_PROFILE=")) sources.aws_profile = entry.substr(12);
    if (entry.starts_with("AWS_REGION=")) sources.region_variable = "AWS_REGION";
  }
  return apply_settings(*line, sources);
}

std::string refusal(const Host& host, std::vector<std::string_view> words) {
  const auto applied = apply(host, std::move(words));
  return applied ? "accepted" : applied.error().what;
}

// "value from place" of an option.
std::string said(const ipc::Result<AppliedSettings>& applied, std::string_view option) {
  if (!applied) return "refused: " + applied.error().what;
  const auto place = applied->line.places.find(option);
  if (!applied->line.has(option)) return "nothing";
  return applied->line.value(option) + " from " + (place == applied->line.places.end() ? "the line" : place->second);
}

// The console's address opens a session for who reads it; a line about another page must not have it printed.
TEST(Settings, ALoginIsToldOnTheLineAloneThatItsPageIsPrinted) {
  const Host host{"[default]\nfinal stdout = true\n", "[default]\nstdout = true\nregion = eu-west-1\n", {}};
  const auto applied = apply(host, {"login", "dev", "--policy-file", "/p"});
  EXPECT_EQ(said(applied, "stdout"), "nothing");
  EXPECT_EQ(said(applied, "region"), "eu-west-1 from /user:3");
  EXPECT_EQ(said(applied, "profile"), "dev from the line");
  EXPECT_EQ(said(apply(host, {"login", "dev", "--policy-file", "/p", "--stdout"}), "stdout"), "true from the line");
  const Host user{"", "[default]\nstdout = true\nauto-login = true\n", {}};
  EXPECT_EQ(said(apply(user, {"whoami", "dev"}), "stdout"), "true from /user:2");
}

TEST(Settings, AFinalWordCannotBeOverridden) {
  const Host host{"[default]\nfinal policy-parameter = /p\nfinal server = true\n", "", {}};
  EXPECT_EQ(refusal(host, {"exec", "dev", "--policy-parameter", "/mine", "--"}),
            "--policy-parameter goes against /root:2, where root says policy-parameter = /p, finally");
  EXPECT_EQ(refusal(host, {"exec", "dev", "--policy-file", "/mine", "--"}),
            "--policy-file goes against /root:2, where root says policy-parameter = /p, finally");
  EXPECT_EQ(refusal(host, {"exec", "dev", "--remote-server", "https://x", "--"}),
            "--remote-server goes against /root:2, where root says policy-parameter = /p, finally");
  EXPECT_EQ(refusal(host, {"exec", "dev", "--no-server", "--"}),
            "--server goes against /root:3, where root says server = true, finally");
  EXPECT_EQ(said(apply(host, {"exec", "dev", "--policy-parameter", "/p", "--"}), "policy-parameter"),
            "/p from /root:2, final")
      << "the same word is no attempt";
}

TEST(Settings, AVariableOrAFileAgainstAFinalWordIsLeftAsideAndTold) {
  const Host host{"[default]\nfinal policy-parameter = /p\nfinal region = eu-west-1\n",
                  "[default]\npolicy-file = /mine\n",
                  {"SENTINEL_REGION=us-east-1", "SENTINEL_POLICY_PARAMETER=/other"}};
  const auto applied = apply(host, {"exec", "dev", "--"});
  EXPECT_EQ(said(applied, "policy-parameter"), "/p from /root:2, final");
  EXPECT_EQ(said(applied, "policy-file"), "nothing");
  EXPECT_EQ(said(applied, "region"), "eu-west-1 from /root:3, final");
  EXPECT_THAT(
      applied->warnings,
      ElementsAre(
          "policy-parameter of SENTINEL_POLICY_PARAMETER is left aside: /root:2 says policy-parameter = /p, finally",
          "region of SENTINEL_REGION is left aside: /root:3 says region = eu-west-1, finally",
          "policy-file of /user:2 is left aside: /root:2 says policy-parameter = /p, finally"));
}

TEST(Settings, FinalForAllIsFinalForOne) {
  const Host host{"[default]\nfinal policy-parameter = /p\n[profile ci-*]\npolicy-file = /ci.yaml\n", "", {}};
  EXPECT_EQ(said(apply(host, {"exec", "ci-1", "--"}), "policy-file"), "/ci.yaml from /root:4, final");
  EXPECT_EQ(said(apply(host, {"exec", "ci-1", "--"}), "policy-parameter"), "nothing");
  EXPECT_THAT(refusal(host, {"exec", "ci-1", "--policy-parameter", "/x", "--"}), HasSubstr("goes against /root:4"));
}

TEST(Settings, AFinalWordThatDoesNothingInTheChosenModeIsAnError) {
  const Host host{"[default]\nfinal unix-socket = true\nserver = true\n", "", {}};
  EXPECT_EQ(refusal(host, {"exec", "dev", "--no-server", "--"}),
            "--unix-socket (set in /root:2, final) does nothing without --server");
  EXPECT_EQ(said(apply(host, {"exec", "dev", "--"}), "unix-socket"), "true from /root:2, final");
  EXPECT_EQ(said(apply(host, {"whoami", "dev"}), "unix-socket"), "nothing") << "another command has no such option";
}

TEST(Settings, AFinalWordOfTheDefaultForbidsAnotherAndDemandsNoMode) {
  const Host host{"[default]\nfinal on-tamper = end\nfinal allow-tcp-fallback = false\n", "", {}};
  EXPECT_THAT(refusal(host, {"exec", "dev", "-s", "--on-tamper", "warn", "--"}),
              HasSubstr("--on-tamper goes against /root:2"));
  EXPECT_THAT(refusal(host, {"exec", "dev", "-su", "--allow-tcp-fallback", "--"}),
              HasSubstr("--allow-tcp-fallback goes against /root:3"));
  EXPECT_EQ(said(apply(host, {"exec", "dev", "--"}), "on-tamper"), "nothing");
  EXPECT_EQ(said(apply(host, {"exec", "dev", "-s", "--"}), "on-tamper"), "end from /root:2, final");
}

TEST(Settings, AVariableThatIsNotToBeSetSoIsRefused) {
  EXPECT_EQ(refusal({"", "", {"SENTINEL_ON_TAMPER=warn"}}, {"exec", "dev", "--"}),
            "the variable SENTINEL_ON_TAMPER is set, and on-tamper is not taken from a variable");
  EXPECT_EQ(refusal({"", "", {"SENTINEL_POLICY_FILE=/x"}}, {"exec", "dev", "--"}),
            "the variable SENTINEL_POLICY_FILE is set, and policy-file is not taken from a variable");
  EXPECT_EQ(refusal({"", "", {"SENTINEL_SERVER=1"}}, {"exec", "dev", "--"}),
            "SENTINEL_SERVER: server is neither true nor false");
  EXPECT_EQ(refusal({"", "", {"SENTINEL_UNIX_SOCKET=true"}}, {"exec", "dev", "--"}),
            "the variable SENTINEL_UNIX_SOCKET is set, and unix-socket is not taken from a variable");
  EXPECT_EQ(refusal({"", "", {"SENTINEL_UNIX_SOCKET=/run/x", "SENTINEL_AUTH_TOKEN=x", "SENTINEL_ON_TAMPER="}},
                    {"exec", "dev", "--"}),
            "accepted")
      << "what a run gives its command";
}

TEST(Settings, TheCommandLineComesBeforeVariablesBeforeTheUserBeforeRoot) {
  const std::string file = "[default]\nregion = ";
  Host host{file + "root\n", "", {}};
  EXPECT_EQ(said(apply(host, {"exec", "dev", "--"}), "region"), "root from /root:2");
  host.user = file + "user\n";
  EXPECT_EQ(said(apply(host, {"exec", "dev", "--"}), "region"), "user from /user:2");
  host.environment = {"AWS_REGION=aws"};
  EXPECT_EQ(said(apply(host, {"exec", "dev", "--"}), "region"), "nothing") << "the broker reads AWS_REGION itself";
  host.environment.push_back("SENTINEL_REGION=variable");
  EXPECT_EQ(said(apply(host, {"exec", "dev", "--"}), "region"), "variable from SENTINEL_REGION");
  EXPECT_EQ(said(apply(host, {"exec", "dev", "-r", "line", "--"}), "region"), "line from the line");
}

TEST(Settings, TheProfileIsSaidByTheLineThenVariablesThenTheFiles) {
  Host host{"[default]\nprofile = root\n", "", {}};
  EXPECT_EQ(said(apply(host, {"exec"}), "profile"), "root from /root:2");
  host.user = "[default]\nprofile = user\n";
  EXPECT_EQ(said(apply(host, {"exec"}), "profile"), "user from /user:2");
  host.environment = {"AWS_PROFILE=aws"};
  EXPECT_EQ(said(apply(host, {"exec"}), "profile"), "aws from AWS_PROFILE");
  host.environment.push_back("SENTINEL_PROFILE=own");
  EXPECT_EQ(said(apply(host, {"exec"}), "profile"), "own from SENTINEL_PROFILE");
  EXPECT_EQ(said(apply(host, {"exec", "line", "--"}), "profile"), "line from the line");
  host.root = "[default]\nfinal profile = root\n";
  EXPECT_EQ(said(apply(host, {"exec"}), "profile"), "root from /root:2, final");
  EXPECT_THAT(refusal(host, {"exec", "line", "--"}), HasSubstr("--profile goes against /root:2"));
}

TEST(Settings, TheSectionOfTheNameComesBeforeGlobsBeforeDefault) {
  const Host host{
      "",
      "[profile dev-1]\nregion = exact\n[profile dev-*]\nregion = glob\nlazy = true\n[profile d*]\nlazy = false\n"
      "[default]\nregion = every\nserver = true\n",
      {}};
  EXPECT_EQ(said(apply(host, {"exec", "dev-1", "--"}), "region"), "exact from /user:2");
  EXPECT_EQ(said(apply(host, {"exec", "dev-2", "--"}), "region"), "glob from /user:4");
  EXPECT_EQ(said(apply(host, {"exec", "dev-2", "--"}), "lazy"), "false from /user:7") << "the later glob";
  EXPECT_EQ(said(apply(host, {"exec", "prod", "--"}), "region"), "every from /user:9");
}

TEST(Settings, OfOptionsThatShutEachOtherOutTheNearerOneCounts) {
  const Host host{"[default]\npolicy-parameter = /root\nserver = true\n",
                  "[default]\npolicy-file = ~/mine\n[profile tvm]\nremote-server = https://x\n",
                  {}};
  EXPECT_EQ(said(apply(host, {"exec", "dev", "--"}), "policy-file"), "/h/mine from /user:2");
  EXPECT_EQ(said(apply(host, {"exec", "dev", "--"}), "policy-parameter"), "nothing");
  const auto remote = apply(host, {"exec", "tvm", "--"});
  EXPECT_EQ(said(remote, "remote-server"), "https://x from /user:4");
  EXPECT_EQ(said(remote, "server"), "nothing");
  EXPECT_EQ(said(remote, "policy-file"), "nothing");
  const auto none = apply(host, {"exec", "tvm", "--no-server", "--policy-file", "p", "--"});
  EXPECT_EQ(said(none, "remote-server"), "nothing");
  EXPECT_EQ(said(none, "policy-file"), "p from the line");
}

TEST(Settings, WhatDoesNothingInTheChosenModeIsLeftAside) {
  const Host host{
      "", "[default]\nserver = true\nunix-socket = true\nserver-port = 80\nserver-duration = 1h\nduration = 2h\n", {}};
  const auto served = apply(host, {"exec", "dev", "--"});
  EXPECT_EQ(said(served, "unix-socket"), "true from /user:3");
  EXPECT_EQ(said(served, "server-port"), "nothing");
  EXPECT_EQ(said(served, "duration"), "nothing");
  EXPECT_THAT(served->warnings, IsEmpty());
  const auto once = apply(host, {"exec", "dev", "--no-server", "--"});
  EXPECT_EQ(said(once, "unix-socket"), "nothing");
  EXPECT_EQ(said(once, "server-duration"), "nothing");
  EXPECT_EQ(said(once, "duration"), "2h from /user:6");
  EXPECT_EQ(said(apply(host, {"credentials", "dev"}), "duration"), "2h from /user:6");
}

TEST(Settings, ACommandLineThatASettingSpoilsIsToldWhereThatStands) {
  const Host host{"", "[default]\nserver = true\nunix-socket = true\n", {}};
  const auto applied = apply(host, {"exec", "dev", "--duration", "1h", "-f", "p", "--"});
  const ipc::Status fits = check_command_line(applied->line);
  const ipc::Error error = with_places(fits.error(), applied->line);
  EXPECT_EQ(error.what, "--duration does nothing with --server (set in /user:2)");
  EXPECT_THAT(error.next_step, HasSubstr("--no-server undoes it"));
}

TEST(Settings, WhatIsShownNamesEachPlaceAndNoCode) {
  const Host host{"", "[default]\nserver = true\nserver-port = 80\nunix-socket = true\n", {}};
  const auto applied = apply(host, {"exec", "dev", "--mfa-token", "123456", "--"});
  SettingSources sources;
  sources.root.path = "/root";
  sources.user = {"/user", true, {}};
  const std::string text = shown_settings(*applied, sources);
  EXPECT_THAT(text,
              HasSubstr("/root                             not there\n/user                             in force\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("\nserver +true +/user:2\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("\nprofile +dev +the command line\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("\nserver-duration +15m +default\n"));
  EXPECT_THAT(text,
              HasSubstr("left aside: server-port = 80 (/user:3): --server-port does nothing with --unix-socket\n"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("123456")));
  EXPECT_THAT(told_settings(*applied), ::testing::Contains("server = true (/user:2)"));
}

TEST(Settings, OfSeveralProfilesEachIsBoundByItsOwnFinalWords) {
  const Host host{"[profile prod]\nfinal policy-file = /prod.yaml\n[profile ci-*]\nfinal lazy = true\n", "", {}};
  EXPECT_THAT(refusal(host, {"exec", "dev", "-p", "prod", "-su", "-f", "/mine", "--"}),
              HasSubstr("profile prod cannot be served in this run: /root:2 says policy-file = /prod.yaml, finally"));
  EXPECT_EQ(refusal(host, {"exec", "dev", "-p", "prod", "-su", "-f", "/prod.yaml", "--"}), "accepted");
  EXPECT_EQ(refusal(host, {"exec", "prod", "-p", "dev", "-su", "--"}), "accepted") << "the first one's hold for all";
  EXPECT_THAT(refusal(host, {"exec", "dev", "-p", "ci-1", "-su", "--"}),
              HasSubstr("/root:4 says lazy = true, finally"));
  EXPECT_EQ(refusal(host, {"exec", "dev", "-p", "ci-1", "-su", "--lazy", "--"}), "accepted");
  EXPECT_EQ(refusal(host, {"exec", "dev", "-p", "other", "-su", "-f", "/mine", "--"}), "accepted");
}

TEST(Settings, WhatAPatternCouldFindIsBoundByItsFinalWords) {
  const Host host{"[profile prod]\nfinal policy-file = /prod.yaml\n[profile ci-*]\nfinal lazy = true\n", "", {}};
  EXPECT_THAT(refusal(host, {"exec", "dev", "--all-profiles", "-su", "-f", "/mine", "--"}),
              HasSubstr("a profile prod cannot be served in this run: /root:2 says policy-file"));
  EXPECT_THAT(refusal(host, {"exec", "--profiles", "p*", "-su", "-f", "/mine", "--"}),
              HasSubstr("/root:2 says policy-file"));
  EXPECT_THAT(refusal(host, {"exec", "--profiles", "*-1", "-su", "-f", "/prod.yaml", "--"}),
              HasSubstr("/root:4 says lazy"));
  EXPECT_EQ(refusal(host, {"exec", "--profiles", "dev-*", "-su", "-f", "/mine", "--"}), "accepted");
  EXPECT_EQ(refusal(host, {"exec", "--all-profiles", "-su", "--lazy", "-f", "/prod.yaml", "--"}), "accepted");
  // [profile ci-*] is final, too, since what it takes the place of is: ci-1 alone would be judged by /ci.yaml.
  const Host replaced{"[default]\nfinal policy-parameter = /p\n[profile ci-*]\npolicy-file = /ci.yaml\n", "", {}};
  EXPECT_THAT(refusal(replaced, {"exec", "dev", "--profiles", "c*", "-su", "--"}),
              HasSubstr("/root:4 says policy-file"));
  EXPECT_THAT(refusal(replaced, {"exec", "ci-1", "--profiles", "d*", "-su", "--"}),
              HasSubstr("what fits d* cannot be served in this run: /root:2 says policy-parameter"));
  EXPECT_THAT(refusal(replaced, {"exec", "ci-1", "-p", "dev", "-su", "--"}),
              HasSubstr("/root:2 says policy-parameter"));
  // What is final for prod alone makes no word final for those that no pattern of prod's finds.
  const Host apart{"[default]\npolicy-file = /all.yaml\n[profile prod]\nfinal policy-file = /prod.yaml\n", "", {}};
  EXPECT_NE(refusal(apart, {"exec", "dev", "--profiles", "p*", "-su", "-f", "/mine", "--"}), "accepted");
  EXPECT_EQ(refusal(apart, {"exec", "dev", "--profiles", "dev-*", "-su", "-f", "/mine", "--"}), "accepted");
}

TEST(Settings, AFinalProfileIsTheOnlyOne) {
  const Host host{
      "[default]\nfinal profile = dev\n", "[default]\nprofiles = x*\nserver = true\nunix-socket = true\n", {}};
  EXPECT_THAT(refusal(host, {"exec", "dev", "-p", "prod", "--"}), HasSubstr("--profile goes against /root:2"));
  EXPECT_THAT(refusal(host, {"exec", "--profiles", "p*", "--"}), HasSubstr("--profiles goes against /root:2"));
  EXPECT_THAT(refusal(host, {"exec", "--all-profiles", "--"}), HasSubstr("--all-profiles goes against /root:2"));
  const auto applied = apply(host, {"exec", "dev", "--"});
  EXPECT_EQ(said(applied, "profiles"), "nothing");
  EXPECT_THAT(applied->warnings, ElementsAre("profiles of /user:2 is left aside: /root:2 says profile = dev, finally"));
  const Host none{"[default]\nfinal all-profiles = false\n", "", {}};
  EXPECT_THAT(refusal(none, {"exec", "dev", "--all-profiles", "-su", "--"}),
              HasSubstr("--all-profiles goes against /root:2"));
}

TEST(Settings, ProfilesStandBesideOneAnother) {
  const Host host{
      "", "[default]\nprofile = mine\nprofiles = dev-*\nserver = true\nunix-socket = true\n", {"AWS_PROFILE=aws"}};
  const auto applied = apply(host, {"exec"});
  EXPECT_EQ(said(applied, "profile"), "aws from AWS_PROFILE");
  EXPECT_EQ(said(applied, "profiles"), "dev-* from /user:3");
  EXPECT_EQ(said(apply(host, {"exec", "--profiles", "x*", "--"}), "profiles"), "x* from the line");
  EXPECT_EQ(said(apply(host, {"exec", "--no-server", "--"}), "profiles"), "nothing");
  const auto named = apply(host, {"exec", "one", "-p", "two", "-ptwo", "--profile=three", "--"});
  EXPECT_THAT(named->line.values("profile"), ElementsAre("one", "two", "three"));
  EXPECT_THAT(shown_settings(*named, {}), HasSubstr("one, two, three"));
}

}  // namespace
}  // namespace supervisor
