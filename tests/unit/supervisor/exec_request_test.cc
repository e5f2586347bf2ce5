#include "exec_request.h"

#include <gtest/gtest.h>

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
  EXPECT_EQ(refusal(judge({"--server", "--profile", "p"})), "no policy is named");
  EXPECT_EQ(refusal(judge({"--server", "--profile", "p", "--policy-file", "f", "--policy-parameter", "/x"})),
            "--policy-parameter and --policy-file are both given");
}

TEST(ExecRequest, ExecWithoutServerComesLater) {
  EXPECT_EQ(refusal(judge({"--profile", "p", "--policy-file", "f"})), "exec without --server comes in a later version");
  EXPECT_NE(refusal(judge({"--profile", "p", "--policy-file", "f", "--no-server"})), "");
}

TEST(ExecRequest, EveryServerOptionIsRefusedWithoutServer) {
  for (const OptionRow& row : kOptions) {
    if (is_top(row) || row.mode == OptionMode::Exec || row.kind == OptionKind::Print) continue;
    const std::string name = "--" + std::string(row.name);
    std::vector<std::string_view> words{"--profile", "p", "--policy-file", "f", name};
    if (row.kind == OptionKind::Value) words.emplace_back("1");
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
  EXPECT_EQ(judge_with({"--server-duration", "15m"})->duration, 15min);
  EXPECT_EQ(judge_with({"--server-duration", "12h"})->duration, 12h);
  EXPECT_EQ(judge_with({"--server-duration", "1h30m"})->duration, 90min);
  EXPECT_EQ(judge_with({})->duration, 15min);
}

TEST(ExecRequest, OnBrokerExitHasTwoValues) {
  EXPECT_EQ(refusal(judge_with({"--on-broker-exit", "restart"})), "--on-broker-exit restart is unknown");
  EXPECT_EQ(judge_with({})->on_broker_exit, OnBrokerExit::Kill);
  EXPECT_EQ(judge_with({"--on-broker-exit", "keep"})->on_broker_exit, OnBrokerExit::Keep);
}

TEST(ExecRequest, WhatTheProtocolCannotCarryIsRefusedNotCut) {
  const std::string name(257, 'p');
  EXPECT_EQ(refusal(judge({"--server", "--policy-file", "f", "--profile", name})),
            "--profile is longer than 256 bytes");
  const std::string path(4096, 'f');
  EXPECT_NE(refusal(judge({"--server", "--profile", "p", "--policy-file", path})), "");
}

TEST(ExecRequest, ControlCharactersInTheProfileAreRefused) {
  EXPECT_NE(refusal(judge({"--server", "--policy-file", "f", "--profile", "a\nb"})).find("control character"),
            std::string::npos);
}

TEST(ExecRequest, PathsBecomeAbsolute) {
  const auto request = judge_with({"--unix-socket", "--unix-socket-path", "s", "--log-file", "/l"});
  EXPECT_EQ(request->policy_file, "/here/f");
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
