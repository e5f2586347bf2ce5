#include "command_line/options.h"

#include <gtest/gtest.h>

#include "terminal/exit_codes.h"

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
  EXPECT_NE(refusal({"whoami", "--profile", "a", "--profile", "b"}).find("given twice"), std::string::npos);
  EXPECT_NE(refusal({"exec", "--lazy", "--no-lazy"}).find("given twice"), std::string::npos);
  EXPECT_EQ(refusal({"exec", "--profile", "a", "--profile=a"}), "");
}

TEST(Options, OptionOnTheWrongSideOfExecIsNamed) {
  EXPECT_NE(refusal({"--profile", "a", "exec"}).find("wrong side"), std::string::npos);
  EXPECT_NE(refusal({"exec", "--version"}).find("wrong side"), std::string::npos);
}

TEST(Options, UnknownCommandWordIsRefused) {
  EXPECT_EQ(refusal({"exce"}), "unknown command exce / did you mean `sentinel exec`?");
  EXPECT_EQ(refusal({"polcy", "lint"}), "unknown command polcy / did you mean `sentinel policy`?");
  EXPECT_EQ(refusal({"policy", "lnit", "f"}), "unknown command policy lnit / did you mean `sentinel policy lint`?");
  EXPECT_EQ(refusal({"policy", "exec"}), "unknown command policy exec / see `sentinel policy --help`");
  EXPECT_EQ(refusal({"lint"}), "unknown command lint / see `sentinel --help`");
  EXPECT_EQ(refusal({"--", "exec"}), "-- before the command's word / see `sentinel --help`");
  EXPECT_EQ(refusal({"audit", "--", "show"}), "-- before the command's word / see `sentinel audit --help`");
}

// As git, go and docker have it.
TEST(Options, HelpIsACommandToo) {
  const auto scope_of_help = [](std::vector<std::string_view> words) -> std::string {
    const auto line = parse(std::move(words));
    if (!line) return line.error().what;
    if (!line->has("help")) return "no help";
    if (line->scope.command()) return std::string(line->scope.command()->words);
    return line->scope.group() ? std::string(line->scope.group()->word) : "top";
  };
  EXPECT_EQ(scope_of_help({"help"}), "top");
  EXPECT_EQ(scope_of_help({"help", "exec"}), "exec");
  EXPECT_EQ(scope_of_help({"help", "policy"}), "policy");
  EXPECT_EQ(scope_of_help({"help", "policy", "lint"}), "policy lint");
  EXPECT_EQ(scope_of_help({"policy", "help"}), "policy");
  EXPECT_EQ(scope_of_help({"policy", "help", "lint"}), "policy lint");
  EXPECT_EQ(refusal({"help", "exce"}), "unknown command exce / did you mean `sentinel exec`?");
  EXPECT_EQ(scope_of_help({"exec", "help"}), "no help") << "a command of that name is run";
  EXPECT_EQ(refusal({"version"}), "unknown command version / did you mean `sentinel --version`?");
}

TEST(Options, AnOptionBelongsToItsCommandsAlone) {
  EXPECT_EQ(refusal({"credentials", "--server"}), "unknown option --server / see `sentinel credentials --help`");
  EXPECT_EQ(refusal({"policy", "lint", "--profile", "p", "f"}).find("unknown option --profile"), 0u);
  EXPECT_EQ(refusal({"policy", "lint", "--jsn", "f"}), "unknown option --jsn / did you mean --json?");
  EXPECT_EQ(refusal({"policy", "--json", "lint"}).find("--json stands on the wrong side"), 0u);
  EXPECT_EQ(refusal({"exec", "--json"}).find("unknown option --json"), 0u);
}

TEST(Options, AWordThatIsNotAmongTheTablesIsRefused) {
  EXPECT_EQ(refusal({"exec", "--on-broker-exit", "restart"}),
            "--on-broker-exit restart is unknown / give kill or keep");
  EXPECT_EQ(refusal({"policy", "lint", "--color", "red", "f"}), "--color red is unknown / give auto, always or never");
  EXPECT_EQ(refusal({"policy", "explain", "--mode=ser", "f"}).find("--mode=ser"), std::string::npos);
  EXPECT_EQ(refusal({"policy", "explain", "--mode=ser", "f"}).find("--mode ser is unknown"), 0u);
  EXPECT_EQ(refusal({"policy", "explain", "--mode=server|cli", "f"}).find("--mode server|cli is unknown"), 0u);
}

// What check_command_line() says of words that parse.
std::string misuse(std::vector<std::string_view> words) {
  const auto line = parse(std::move(words));
  EXPECT_TRUE(line);
  const ipc::Status fits = check_command_line(*line);
  return fits ? "" : fits.error().what + " / " + fits.error().next_step;
}

TEST(Options, RequiredOptionsAreDemandedAndOfAlternativesOne) {
  EXPECT_EQ(misuse({"policy", "explain", "f"}), "--user is missing / add --user NAME");
  EXPECT_EQ(misuse({"policy", "sign", "f"}),
            "--sign-key or --policy-kms-key is missing / add --sign-key PATH or --policy-kms-key ID");
  EXPECT_EQ(misuse({"policy", "sign", "f", "--sign-key", "k", "--policy-kms-key", "i"}),
            "--sign-key and --policy-kms-key are both given / leave one of them out");
  EXPECT_EQ(misuse({"credentials", "--profile", "p"}).find("--policy-parameter or --policy-file is missing"), 0u);
}

TEST(Options, AnOptionThatNeedsAnotherIsRefusedAlone) {
  EXPECT_EQ(misuse({"policy", "sign", "f", "--policy-kms-key", "i"}),
            "--policy-kms-key does nothing without --profile / add --profile or leave --policy-kms-key out");
  EXPECT_EQ(misuse({"policy", "sign", "f", "--policy-kms-key", "i", "--profile", "p"}), "");
}

TEST(Options, NamesAloneAreNoJson) {
  for (const std::vector<std::string_view>& words : {std::vector<std::string_view>{"profiles"}, {"keys", "list"}}) {
    auto line = parse(words);
    line->given = {{"names", "true"}, {"json", "true"}};
    EXPECT_EQ(check_command_line(*line).error().what, "--names does nothing with --json");
    line->given.erase("json");
    EXPECT_TRUE(check_command_line(*line));
  }
}

TEST(Options, AToolTakesAsManyArgumentsAsItsRowSays) {
  EXPECT_EQ(misuse({"policy", "lint"}), "policy lint needs FILE / see `sentinel policy lint --help`");
  EXPECT_EQ(misuse({"policy", "diff", "a"}), "policy diff needs OLD NEW / see `sentinel policy diff --help`");
  EXPECT_EQ(misuse({"policy", "lint", "a", "b"}), "unexpected argument b / see `sentinel policy lint --help`");
  EXPECT_EQ(misuse({"credentials", "--profile", "p", "--policy-file", "f", "x"}).find("unexpected argument x"), 0u);
  EXPECT_EQ(misuse({"audit", "verify", "a", "b", "c"}), "");
}

TEST(Options, MoreFilesThanAToolTakesAreRefusedWithTheLimit) {
  for (const std::string_view word : {"validate", "verify", "show"}) {
    const std::string_view group = word == "validate" ? "policy" : "audit";
    std::vector<std::string_view> words{group, word};
    words.insert(words.end(), 256, "f");
    EXPECT_EQ(misuse(words), "") << word;
    words.emplace_back("p");
    EXPECT_EQ(misuse(words), std::string(group) + " " + std::string(word) +
                                 " takes at most 256 files, and 257 are given / name fewer files at a time");
  }
}

TEST(Options, AToolsArgumentsAndOptionsStandInAnyOrder) {
  const auto line = parse({"policy", "lint", "a", "--json", "-", "--", "--color"});
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->flag("json"));
  EXPECT_EQ(line->value("color"), "auto");
  EXPECT_EQ(line->arguments, (std::vector<std::string>{"a", "-", "--color"}));
}

TEST(Options, WhoIsMeantIsKnownEvenWhenTheWordsAreWrong) {
  const auto meant = [](std::vector<std::string_view> words) { return program_meant(words); };
  EXPECT_EQ(meant({"policy", "nonsense"}), Program::Policy);
  EXPECT_EQ(meant({"--nonsense", "audit"}), Program::Audit);
  EXPECT_EQ(meant({"doctor", "--nonsense"}), Program::Doctor);
  EXPECT_EQ(meant({"help", "keys", "nonsense"}), Program::Keys);
  EXPECT_EQ(meant({"exec", "policy"}), Program::Exec);
  EXPECT_EQ(meant({"-x", "exec", "doctor"}), Program::Exec);
  EXPECT_EQ(meant({"whoami"}), Program::Whoami);
  EXPECT_EQ(meant({"polcy"}), std::nullopt);
  EXPECT_EQ(meant({"help"}), std::nullopt);
  EXPECT_EQ(meant({}), std::nullopt);
}

TEST(Options, EachProgramHasACodeForItsOwnFailure) {
  EXPECT_EQ(own_failure(Program::Exec), 125);
  EXPECT_EQ(own_failure(Program::Credentials), 1);
  EXPECT_EQ(own_failure(Program::Whoami), 1);
  for (const ToolRow& tool : kTools) EXPECT_EQ(own_failure(tool.program), 2);
  EXPECT_EQ(own_failure(std::nullopt), 1);
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

TEST(Options, ShortOptionsStandTogetherAsGetoptReadsThem) {
  const auto line = parse({"exec", "-suqpdev", "-f", "p", "-r", "eu", "--"});
  ASSERT_TRUE(line) << line.error().what;
  EXPECT_TRUE(line->flag("server") && line->flag("unix-socket") && line->flag("quiet"));
  EXPECT_EQ(line->value("profile"), "dev");
  EXPECT_EQ(line->value("policy-file"), "p");
  EXPECT_EQ(line->value("region"), "eu");
  EXPECT_TRUE(parse({"exec", "-v"})->flag("verbose"));
  EXPECT_EQ(refusal({"exec", "-sp"}), "--profile needs a value / write --profile NAME");
}

TEST(Options, OneWordBeforeTheDashesIsTheProfile) {
  const auto profile_and_command = [](std::vector<std::string_view> words) {
    const auto line = parse(std::move(words));
    if (!line) return line.error().what;
    std::string text = line->value("profile") + ":";
    for (const std::string& word : line->arguments) text += " " + word;
    return text;
  };
  EXPECT_EQ(profile_and_command({"exec", "dev", "--", "aws", "s3", "ls"}), "dev: aws s3 ls");
  EXPECT_EQ(profile_and_command({"exec", "dev", "--"}), "dev:");
  EXPECT_EQ(profile_and_command({"exec", "-s", "dev", "--region", "eu", "-u", "--", "aws"}), "dev: aws");
  EXPECT_EQ(profile_and_command({"exec", "dev", "--servr", "--", "aws"}), "unknown option --servr");
  // Of exec an option names more profiles beside it; what takes one profile refuses two.
  EXPECT_EQ(profile_and_command({"exec", "dev", "--profile", "other", "--", "aws"}), "dev: aws");
  EXPECT_EQ(parse({"exec", "dev", "--profile", "other", "--", "aws"})->values("profile"),
            (std::vector<std::string>{"dev", "other"}));
  EXPECT_EQ(profile_and_command({"whoami", "dev", "--profile", "other"}),
            "--profile is given twice with different values");
  EXPECT_EQ(profile_and_command({"exec", "dev", "-s", "--show-settings"}), "dev:");
  // What it is not: a command whose own words hold --, or one that is there beside a profile.
  EXPECT_EQ(profile_and_command({"exec", "git", "log", "--", "file"}), ": git log -- file");
  EXPECT_EQ(profile_and_command({"exec", "git", "--", "x", "--"}), "git: x --");
  EXPECT_EQ(profile_and_command({"exec", "-p", "dev", "cat", "--", "file"}), "dev: cat -- file");
  EXPECT_EQ(profile_and_command({"exec", "dev"}), ": dev");
  EXPECT_EQ(profile_and_command({"exec", "--", "dev", "--", "x"}), ": dev -- x");
  for (const char* command : {"credentials", "whoami"}) {
    EXPECT_EQ(profile_and_command({command, "dev", "-q"}), "dev:");
    EXPECT_EQ(profile_and_command({command, "dev", "other"}), "dev: other");
    EXPECT_EQ(check_command_line(*parse({command, "dev", "other", "-f", "p"})).error().what,
              "unexpected argument other");
  }
  EXPECT_EQ(check_command_line(*parse({"exec", "dev"})).error().next_step,
            "a word before -- is the profile: write `sentinel exec dev --` for a shell");
}

TEST(Options, ValueMayLookLikeAnOption) {
  EXPECT_EQ(parse({"exec", "--profile", "--lazy"})->value("profile"), "--lazy");
}

TEST(Options, EverythingBehindTheDashesOrTheFirstPlainWordIsTheCommand) {
  EXPECT_EQ(parse({"exec", "--", "aws", "--profile", "x"})->arguments,
            (std::vector<std::string>{"aws", "--profile", "x"}));
  EXPECT_EQ(parse({"exec", "aws", "--help"})->arguments, (std::vector<std::string>{"aws", "--help"}));
  EXPECT_EQ(parse({"exec", "--", "--", "x"})->arguments, (std::vector<std::string>{"--", "x"}));
  EXPECT_EQ(parse({"exec", "-s", "-"})->arguments, (std::vector<std::string>{"-"}));
  EXPECT_TRUE(parse({"exec"})->arguments.empty());
}

}  // namespace
}  // namespace supervisor
