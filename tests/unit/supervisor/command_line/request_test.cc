#include "command_line/request.h"

#include <gtest/gtest.h>

#include "ipc/client/served_profiles.h"

namespace supervisor {
namespace {

using namespace std::chrono_literals;

ipc::Result<ExecRequest> judge(std::vector<std::string_view> words, Surroundings around = {"", "/bin/zsh", "/here"}) {
  words.insert(words.begin(), "exec");
  const auto line = parse_command_line(words);
  EXPECT_TRUE(line);
  return exec_request(*line, around);
}

// The least that is accepted, and more.
ipc::Result<ExecRequest> judge_with(std::vector<std::string_view> more) {
  more.insert(more.begin(), {"--profile", "p", "--policy-file", "f", "--server"});
  return judge(std::move(more));
}

std::string refusal(const ipc::Result<ExecRequest>& request) {
  if (request) return "";
  EXPECT_FALSE(request.error().next_step.empty()) << request.error().what << " leaves the user alone";
  return request.error().what;
}

TEST(ExecRequest, ARunInsideARunIsRefusedBeforeAnythingElse) {
  EXPECT_NE(refusal(judge({}, {"outer", "", "/"})).find("already inside a sentinel run, for profile outer"),
            std::string::npos);
}

TEST(ExecRequest, ProfileAndOnePolicyAreRequired) {
  EXPECT_EQ(refusal(judge({"--server", "--policy-file", "f"})), "--profile is missing");
  EXPECT_EQ(refusal(judge({"--server", "--profile", "p"})),
            "--policy-parameter or --policy-file or --remote-server is missing");
  EXPECT_EQ(refusal(judge({"--server", "--profile", "p", "--policy-file", "f", "--policy-parameter", "/x"})),
            "--policy-parameter and --policy-file are both given");
}

std::vector<std::string> wanted(const ipc::Result<ExecRequest>& request) {
  EXPECT_TRUE(request) << refusal(request);
  if (!request) return {};
  std::vector<std::string> all{request->task.profile.str()};
  for (const ipc::WantedProfile& one : request->wanted)
    all.push_back(one.name.str() + (one.pattern ? " (pattern)" : ""));
  return all;
}
ipc::Result<ExecRequest> judge_unix(std::vector<std::string_view> more) {
  more.insert(more.begin(), {"--policy-file", "f", "--server", "--unix-socket"});
  return judge(std::move(more));
}
using Names = std::vector<std::string>;

TEST(ExecRequest, ProfilesAreKeptInTheirOrderEachOnce) {
  EXPECT_EQ(wanted(judge_with({})), Names{"p"});
  EXPECT_EQ(wanted(judge_with({"--profile", "p"})), Names{"p"});
  EXPECT_EQ(wanted(judge_unix({"--profile", "b", "--profile=a", "--profile", "b", "--profile", "c"})),
            (Names{"b", "a", "c"}));
  EXPECT_EQ(wanted(judge_unix({"--profiles", "dev-*", "--profile", "b"})), (Names{"b", "dev-* (pattern)"}));
  EXPECT_EQ(wanted(judge_unix({"--profiles", "x*", "--profiles", "y?", "--all-profiles"})),
            (Names{"", "x* (pattern)", "y? (pattern)", "* (pattern)"}));
}

TEST(ExecRequest, SeveralProfilesAreForARunOverTheUnixSocketAlone) {
  const std::string_view two[] = {"--profile", "a", "--profile", "b", "--policy-file", "f"};
  const auto with = [&](std::vector<std::string_view> more) {
    more.insert(more.begin(), std::begin(two), std::end(two));
    return refusal(judge(std::move(more)));
  };
  const std::string unix_only =
      "several profiles are asked for, and only over the Unix socket can a program say which one it means";
  EXPECT_EQ(with({}), unix_only);
  EXPECT_EQ(with({"--server"}), unix_only);
  EXPECT_EQ(with({"--server", "--unix-socket"}), "");
  EXPECT_EQ(with({"--server", "--unix-socket", "--allow-tcp-fallback"}),
            "several profiles are asked for, and --allow-tcp-fallback is for one");
  EXPECT_EQ(with({"--server", "--unix-socket", "--env-keys"}),
            "several profiles are asked for, and --env-keys is for one");
  EXPECT_EQ(
      refusal(judge({"--profile", "a", "--profile", "b", "--remote-server", "https://tvm.example/x", "--unix-socket"})),
      "several profiles are asked for, and a remote server issues for one");
}

TEST(ExecRequest, ProfilesThatNoRunCanServeAreRefused) {
  EXPECT_EQ(refusal(judge_unix({"--profile", "a", "--profile", "x\ny"})), "--profile has a control character in it");
  EXPECT_EQ(refusal(judge_unix({"--profiles", "x\x7f*"})), "--profiles has a control character in it");
  const std::string long_name(257, 'x');
  EXPECT_EQ(refusal(judge_unix({"--profile", "a", "--profile", long_name})), "--profile is longer than 256 bytes");
  EXPECT_NE(refusal(judge_unix({"--profile", "a", "--profile", "default"})).find("--profile default is not the first"),
            std::string::npos);
  EXPECT_EQ(wanted(judge_unix({"--profile", "default", "--profile", "a"})), (Names{"default", "a"}));
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= ipc::kMostProfiles; ++i) names.push_back("--profile=p" + std::to_string(i));
  EXPECT_EQ(refusal(judge_unix({names.begin(), names.end()})),
            "65 profiles are asked for, and a run serves at most 64");
  names.pop_back();
  EXPECT_EQ(refusal(judge_unix({names.begin(), names.end()})), "");
}

TEST(ExecRequest, TheModeIsTheCommands) {
  EXPECT_EQ(judge_with({})->task.mode, ipc::RunMode::Server);
  EXPECT_EQ(judge({"--profile", "p", "--policy-file", "f"})->task.mode, ipc::RunMode::Cli);
  EXPECT_EQ(judge({"--profile", "p", "--policy-file", "f", "--no-server"})->task.mode, ipc::RunMode::Cli);
  const auto line = parse_command_line(
      std::vector<std::string_view>{"credentials", "--profile", "p", "--policy-file", "f", "--duration", "20m"});
  const auto request = exec_request(*line, {"", "", "/here"});
  EXPECT_EQ(request->task.mode, ipc::RunMode::CredentialProcess);
  EXPECT_EQ(request->task.duration.get(), 20min);
  EXPECT_TRUE(request->command.empty());
  EXPECT_NE(refusal(exec_request(*line, {"outer", "", "/here"})).find("already inside a sentinel run"),
            std::string::npos);
}

ipc::Result<ExecRequest> judge_login(std::vector<std::string_view> words) {
  words.insert(words.begin(), "login");
  const auto line = parse_command_line(words);
  EXPECT_TRUE(line);
  return exec_request(*line, {"", "", "/here"});
}

TEST(ExecRequest, ALoginWantsAProfileAndAPolicy) {
  EXPECT_EQ(refusal(judge_login({"--policy-file", "f"})), "--profile is missing");
  EXPECT_EQ(refusal(judge_login({"p", "q", "--policy-file", "f"})), "unexpected argument q");
  EXPECT_EQ(refusal(judge_login({"", "--policy-file", "f"})), "--profile is missing");
  EXPECT_EQ(refusal(judge_login({"p"})), "--policy-parameter or --policy-file is missing");
  EXPECT_NE(refusal(judge_login({"p", "--policy-file", "f", "--destination", std::string(2049, 'x')})), "");
  const auto request = judge_login({"p", "--policy-file", "f", "--destination", "s3", "--stdout", "--duration", "1h"});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->task.mode, ipc::RunMode::Login);
  EXPECT_EQ(request->task.profile.str(), "p");
  EXPECT_EQ(judge_login({"--profile", "q", "--policy-file", "f"})->task.profile.str(), "q");
  EXPECT_EQ(request->console.destination.str(), "s3");
  EXPECT_TRUE(request->no_browser);
  EXPECT_FALSE(judge_login({"p", "--policy-file", "f"})->no_browser);
  EXPECT_FALSE(request->cache);
}

TEST(ExecRequest, DurationIsForRunsWithoutServerAndZeroLeavesItToTheProfile) {
  EXPECT_EQ(refusal(judge_with({"--duration", "1h"})), "--duration does nothing with --server");
  for (const char* bad : {"14m59s", "12h0m1s", "0", "-1h", "15", "15m0.5s"}) {
    EXPECT_NE(refusal(judge({"--profile", "p", "--policy-file", "f", "--duration", bad})), "") << bad;
  }
  EXPECT_EQ(judge({"--profile", "p", "--policy-file", "f", "--duration", "1h"})->task.duration.get(), 1h);
  EXPECT_EQ(judge({"--profile", "p", "--policy-file", "f"})->task.duration.get(), 0s);
}

TEST(ExecRequest, PollAndAgeOfThePolicyAreWithinWhatTheBrokerTakes) {
  for (const char* bad : {"4s", "1h1s", "-5s", "x"}) EXPECT_NE(refusal(judge_with({"--policy-poll", bad})), "") << bad;
  EXPECT_NE(refusal(judge_with({"--policy-max-age", "24h1s"})), "");
  const auto request = judge_with({"--policy-poll", "5s", "--policy-max-age", "24h"});
  EXPECT_EQ(request->task.policy_poll.get(), 5s);
  EXPECT_EQ(request->task.policy_max_age.get(), 24h);
  EXPECT_EQ(judge_with({})->task.policy_poll.get(), 60s);
  EXPECT_EQ(judge_with({})->task.policy_max_age.get(), 5min);
}

// The broker refuses a task without them, whether its policy is read again or not.
TEST(ExecRequest, PollAndAgeAreThereInARunThatAsksItsPolicyOnce) {
  for (const char* command : {"exec", "credentials", "whoami"}) {
    const std::vector<std::string_view> words{command, "--profile", "p", "--policy-file", "f"};
    const auto request = exec_request(*parse_command_line(words), {"", "", "/here"});
    EXPECT_EQ(request->task.policy_poll.get(), 60s) << command;
    EXPECT_EQ(request->task.policy_max_age.get(), 5min) << command;
  }
}

TEST(ExecRequest, OneKeySignsThePolicy) {
  EXPECT_EQ(refusal(judge_with({"--policy-key", "k", "--policy-kms-key", "i"})),
            "--policy-key and --policy-kms-key are both given");
  EXPECT_EQ(judge_with({"--policy-key", "k"})->task.policy_key.str(), "/here/k");
  EXPECT_EQ(judge_with({"--policy-kms-key", "alias/x"})->task.policy_kms_key.str(), "alias/x");
}

TEST(ExecRequest, TheLogsSizeHasAUnitAndBounds) {
  for (const char* bad : {"64Mi", "MiB", "-1MiB", "1.5GiB", "64 MiB", "64mib", "64MiBx"}) {
    EXPECT_NE(refusal(judge_with({"--log-max-size", bad})).find("is not a size"), std::string::npos) << bad;
  }
  for (const char* bad : {"0", "1048575", "16385MiB", "17GiB", "99999999999999999999", "18446744073709551615GiB"}) {
    EXPECT_NE(refusal(judge_with({"--log-max-size", bad})).find("is out of bounds"), std::string::npos) << bad;
  }
  EXPECT_EQ(judge_with({"--log-max-size", "1MiB"})->task.log_max_bytes, 1048576u);
  EXPECT_EQ(judge_with({"--log-max-size", "64MiB"})->task.log_max_bytes, 67108864u);
  EXPECT_EQ(judge_with({"--log-max-size", "10MB"})->task.log_max_bytes, 10000000u);
  EXPECT_EQ(judge_with({"--log-max-size", "2000000"})->task.log_max_bytes, 2000000u);
  EXPECT_EQ(judge_with({"--log-max-size", "16GiB"})->task.log_max_bytes, 17179869184u);
  EXPECT_EQ(judge_with({})->task.log_max_bytes, 0u);
}

TEST(ExecRequest, EveryServerOptionIsRefusedWithoutServer) {
  for (const OptionRow& row : kOptions) {
    if (row.mode != OptionMode::Server && row.mode != OptionMode::UnixServer && row.mode != OptionMode::TcpServer &&
        row.mode != OptionMode::PolicyServer)
      continue;
    const std::string name = "--" + std::string(row.name);
    std::vector<std::string_view> words{"--profile", "p", "--policy-file", "f", name};
    if (row.kind == OptionKind::Value) words.emplace_back(row.complete == Completion::Words ? row.initial : "1");
    EXPECT_EQ(refusal(judge(words)), name + " does nothing without --server");
  }
}

TEST(ExecRequest, EveryUnixOptionIsRefusedWithoutUnixSocket) {
  for (const OptionRow& row : kOptions) {
    if (row.mode != OptionMode::UnixServer) continue;
    const std::string name = "--" + std::string(row.name);
    std::vector<std::string_view> words{name};
    if (row.kind == OptionKind::Value) words.emplace_back("1");
    EXPECT_EQ(refusal(judge_with(words)), name + " does nothing without --unix-socket");
  }
}

// The least that is accepted of a run whose credentials come from a remote server.
ipc::Result<ExecRequest> judge_remote(std::vector<std::string_view> more) {
  more.insert(more.begin(), {"--profile", "p", "--remote-server", "https://tvm.example/prod"});
  return judge(std::move(more));
}

TEST(ExecRequest, ARemoteServerTakesThePlaceOfServerAndPolicy) {
  EXPECT_EQ(refusal(judge_remote({"--server"})), "--server and --remote-server are both given");
  EXPECT_EQ(refusal(judge_remote({"--policy-file", "f"})), "--policy-file and --remote-server are both given");
  EXPECT_EQ(refusal(judge_remote({"--policy-parameter", "/f"})),
            "--policy-parameter and --remote-server are both given");
  EXPECT_EQ(refusal(judge_remote({"--duration", "1h"})), "--duration does nothing with --remote-server");
  const auto request = judge_remote({"--unix-socket", "--lazy", "--server-duration", "20m", "--log-stderr"});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->task.mode, ipc::RunMode::Server);
  EXPECT_EQ(request->task.remote_url.str(), "https://tvm.example/prod");
  EXPECT_EQ(request->task.transport, ipc::Transport::Unix);
  EXPECT_EQ(request->task.duration.get(), 20min);
  EXPECT_TRUE(judge_remote({"--server-port", "8080", "--no-server"}));
}

TEST(ExecRequest, EveryOptionOfALocalPolicyIsRefusedWithARemoteServer) {
  int seen = 0;
  for (const OptionRow& row : kOptions) {
    const bool policys = row.mode == OptionMode::PolicyServer || row.mode == OptionMode::LocalPolicy;
    if (!policys || row.commands.find("exec") == std::string_view::npos) continue;
    ++seen;
    const std::string name = "--" + std::string(row.name);
    EXPECT_EQ(refusal(judge_remote({name, "1"})), name + " does nothing with --remote-server");
  }
  EXPECT_EQ(seen, 5);
}

TEST(ExecRequest, ATokenFileReplacesTheKeyAndAllThatLeadsToOne) {
  EXPECT_EQ(refusal(judge_with({"--remote-token-file", "t"})),
            "--remote-token-file does nothing without --remote-server");
  EXPECT_EQ(judge_remote({"--remote-token-file", "t"})->task.remote_token_file.str(), "/here/t");
  int seen = 0;
  for (const OptionRow& row : kOptions) {
    if (row.mode != OptionMode::OwnKey) continue;
    ++seen;
    const std::string name = "--" + std::string(row.name);
    std::vector<std::string_view> words{"--remote-token-file", "t", name};
    if (row.kind == OptionKind::Value) words.emplace_back(row.complete == Completion::Words ? "zenity" : "123456");
    EXPECT_EQ(refusal(judge_remote(words)), name + " does nothing with --remote-token-file");
  }
  EXPECT_EQ(seen, 7);
}

TEST(ExecRequest, TheTerminalIsTheCommandsOnceItRuns) {
  const std::string reason =
      "--prompt terminal does nothing once the command runs, because the terminal is the command's then";
  EXPECT_EQ(refusal(judge_with({"--prompt", "terminal"})), reason);
  EXPECT_EQ(refusal(judge_remote({"--prompt=terminal"})), reason);
  EXPECT_EQ(judge({"--profile", "p", "--policy-file", "f", "--prompt", "terminal"})->prompt, PromptMethod::Terminal);
  EXPECT_EQ(judge_with({"--prompt", "ykman"})->prompt, PromptMethod::Ykman);
  EXPECT_EQ(judge_with({})->prompt, std::nullopt);
}

TEST(ExecRequest, ACodeIsSixDigits) {
  for (const char* bad : {"12345", "1234567", "12345a", "12 456", "\xd9\xa1\xd9\xa2\xd9\xa3"}) {
    const auto request = judge_with({"--mfa-token", bad});
    EXPECT_EQ(refusal(request), "what --mfa-token gives is not a code") << bad;
  }
  EXPECT_EQ(judge_with({"--mfa-token", "012345"})->mfa_token.reveal(), "012345");
}

TEST(ExecRequest, ACodeCanComeFromADescriptor) {
  EXPECT_EQ(judge_with({"--mfa-token", "-"})->mfa_token_fd, 0);
  EXPECT_EQ(judge_with({"--mfa-token", "-"})->mfa_token.reveal(), "");
  EXPECT_EQ(judge_with({"--mfa-token-fd", "7"})->mfa_token_fd, 7);
  EXPECT_EQ(judge_with({"--mfa-token", "012345"})->mfa_token_fd, std::nullopt);
  for (const char* bad : {"x", "-1", "3x", "99999999999"}) {
    EXPECT_EQ(refusal(judge_with({"--mfa-token-fd", bad})),
              "--mfa-token-fd " + std::string(bad) + " is not a descriptor");
  }
  EXPECT_EQ(refusal(judge_with({"--mfa-token-fd", "3", "--mfa-token", "-"})),
            "--mfa-token and --mfa-token-fd are both given");
}

TEST(ExecRequest, NothingIsSharedAndNoUserNamespaceAllowedUnlessAskedFor) {
  const auto plain = judge_with({});
  EXPECT_FALSE(plain->share_mfa || plain->task.allow_user_namespace);
  const auto asked = judge_with({"--share-mfa", "--allow-user-namespace"});
  EXPECT_TRUE(asked->share_mfa && asked->task.allow_user_namespace);
}

TEST(ExecRequest, TheLoginsPageNeedsTheLogin) {
  EXPECT_EQ(refusal(judge_with({"--stdout"})), "--stdout does nothing without --auto-login");
  EXPECT_TRUE(judge_with({"--stdout", "--auto-login"})->no_browser);
  EXPECT_FALSE(judge_with({"--auto-login"})->no_browser);
}

TEST(ExecRequest, WhoamiNeedsNoPolicyAndTakesAtMostOne) {
  const auto ask = [](std::vector<std::string_view> words) {
    words.insert(words.begin(), {"whoami", "--profile", "p"});
    return exec_request(*parse_command_line(words), {"", "", "/here"});
  };
  EXPECT_EQ(refusal(ask({"--policy-file", "f", "--policy-parameter", "/x"})),
            "--policy-parameter and --policy-file are both given");
  EXPECT_EQ(refusal(ask({"--policy-key", "k"})), "--policy-key does nothing without --policy-parameter");
  EXPECT_EQ(refusal(ask({"x"})), "unexpected argument x");
  const auto request = ask({"--json", "--env-keys"});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->task.mode, ipc::RunMode::Whoami);
  EXPECT_TRUE(request->json && request->task.environment_keys && request->command.empty());
  EXPECT_TRUE(ask({"--policy-file", "f", "--policy-key", "k"}));
}

TEST(ExecRequest, PortWithUnixSocketNeedsTheFallback) {
  EXPECT_EQ(refusal(judge_with({"--unix-socket", "--server-port", "80"})),
            "--server-port does nothing with --unix-socket");
  EXPECT_TRUE(judge_with({"--unix-socket", "--server-port", "80", "--allow-tcp-fallback"}));
}

TEST(ExecRequest, PortIsANumberOfAPort) {
  for (const char* bad : {"65536", "-1", "8o", " 80", "80 ", "99999999999999999999"}) {
    EXPECT_NE(refusal(judge_with({"--server-port", bad})).find("is not a port"), std::string::npos) << bad;
  }
  EXPECT_EQ(judge_with({"--server-port", "65535"})->port, 65535);
}

TEST(ExecRequest, DurationIsWithinWhatStsGrants) {
  for (const char* bad : {"14m59s", "12h0m1s", "0", "-1h", "15", "abc", "15m0.5s", "900"}) {
    EXPECT_NE(refusal(judge_with({"--server-duration", bad})), "") << bad;
  }
  EXPECT_EQ(judge_with({"--server-duration", "15m"})->task.duration.get(), 15min);
  EXPECT_EQ(judge_with({"--server-duration", "12h"})->task.duration.get(), 12h);
  EXPECT_EQ(judge_with({"--server-duration", "1h30m"})->task.duration.get(), 90min);
  EXPECT_EQ(judge_with({})->task.duration.get(), 15min);
}

TEST(ExecRequest, OnBrokerExitHasTwoValues) {
  EXPECT_EQ(judge_with({})->on_broker_exit, OnBrokerExit::Kill);
  EXPECT_EQ(judge_with({"--on-broker-exit", "keep"})->on_broker_exit, OnBrokerExit::Keep);
  EXPECT_EQ(judge_with({"--on-tamper", "warn"})->on_tamper, OnTamper::Warn);
}

TEST(ExecRequest, WhatTheProtocolCannotCarryIsRefusedNotCut) {
  const std::string name(257, 'p');
  EXPECT_EQ(refusal(judge({"--server", "--policy-file", "f", "--profile", name})),
            "--profile is longer than 256 bytes");
  for (const char* option : {"--policy-key", "--policy-kms-key", "--session-table", "--region", "--log-key"}) {
    const std::string value(5000, 'v');
    EXPECT_NE(refusal(judge_with({option, value})).find(std::string(option) + " is longer than"), std::string::npos);
  }
  const std::string path(4096, 'f');
  EXPECT_NE(refusal(judge({"--server", "--profile", "p", "--policy-file", path})), "");
}

TEST(ExecRequest, ControlCharactersInTheProfileAreRefused) {
  EXPECT_NE(refusal(judge({"--server", "--policy-file", "f", "--profile", "a\nb"})).find("control character"),
            std::string::npos);
}

TEST(ExecRequest, PathsBecomeAbsolute) {
  const auto request = judge_with({"--unix-socket", "--unix-socket-path", "s", "--log-file", "/l"});
  EXPECT_EQ(request->task.policy_file.str(), "/here/f");
  EXPECT_EQ(request->unix_socket_path, "/here/s");
  EXPECT_EQ(request->log_file, "/l");
}

TEST(ExecRequest, MissingCommandMeansShellAndThenSh) {
  EXPECT_EQ(judge_with({})->command, std::vector<std::string>{"/bin/zsh"});
  EXPECT_EQ(judge({"--profile", "p", "--policy-file", "f", "--server"}, {"", "", "/"})->command,
            std::vector<std::string>{"/bin/sh"});
  EXPECT_EQ(refusal(judge_with({"--", ""})), "the command's name is empty");
}

}  // namespace
}  // namespace supervisor
