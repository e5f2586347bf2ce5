#include "child/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace supervisor {
namespace {

using ::testing::Contains;
using ::testing::Not;
using ::testing::StartsWith;

ChildFacts tcp() {
  return {ipc::RunMode::Server, ipc::Transport::Tcp, 4711,   "",         "/run/x/config",
          "/run/x/credentials", "eu-central-1",      "prod", "the-token"};
}
ChildFacts unix_socket() {
  ChildFacts facts = tcp();
  facts.transport = ipc::Transport::Unix;
  facts.port = 0;
  facts.socket_path = "/run/x/socket";
  facts.answer_key = "the-answer-key";
  facts.server = 4712;
  return facts;
}

// Everything that could lead an SDK past us, as a caller may have it set.
const std::vector<std::string> kStale{"AWS_ACCESS_KEY_ID=AKIASTALE",
                                      "AWS_SECRET_ACCESS_KEY=stale",
                                      "AWS_SESSION_TOKEN=stale",
                                      "AWS_SECURITY_TOKEN=stale",
                                      "AWS_ACCESS_KEY=stale",
                                      "AWS_SECRET_KEY=stale",
                                      "AMAZON_ACCESS_KEY_ID=stale",
                                      "AMAZON_SECRET_ACCESS_KEY=stale",
                                      "AMAZON_SESSION_TOKEN=stale",
                                      "AWS_CREDENTIAL_EXPIRATION=stale",
                                      "AWS_CREDENTIAL_FILE=stale",
                                      "AWS_CREDENTIAL_PROFILES_FILE=stale",
                                      "BOTO_CONFIG=stale",
                                      "AWS_BEARER_TOKEN_BEDROCK=stale",
                                      "AWS_PROFILE=stale",
                                      "AWS_DEFAULT_PROFILE=stale",
                                      "AWS_ROLE_ARN=stale",
                                      "AWS_ROLE_SESSION_NAME=stale",
                                      "AWS_WEB_IDENTITY_TOKEN_FILE=stale",
                                      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=stale",
                                      "AWS_CONTAINER_CREDENTIALS_FULL_URI=stale",
                                      "AWS_CONTAINER_AUTHORIZATION_TOKEN=stale",
                                      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=stale",
                                      "AWS_CONFIG_FILE=stale",
                                      "AWS_SHARED_CREDENTIALS_FILE=stale",
                                      "SENTINEL_UNIX_SOCKET=stale",
                                      "SENTINEL_AUTH_TOKEN=stale",
                                      "SENTINEL_ANSWER_KEY=stale",
                                      "SENTINEL_SERVER_PID=stale",
                                      "AWS_REGION=stale",
                                      "AWS_DEFAULT_REGION=stale",
                                      "AWS_SDK_LOAD_CONFIG=stale",
                                      "AWS_EC2_METADATA_DISABLED=stale",
                                      "AWS_VAULT=stale",
                                      "AWS_SENTINEL=stale",
                                      "AWS_EC2_METADATA_SERVICE_ENDPOINT=stale",
                                      "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=stale",
                                      "AWS_VAULT_FILE_PASSPHRASE=stale"};

TEST(ChildEnvironment, NothingStaleStaysNotEvenADuplicate) {
  std::vector<std::string> caller = kStale;
  caller.insert(caller.end(), kStale.begin(), kStale.end());
  for (const ChildFacts& facts : {tcp(), unix_socket()}) {
    for (const std::string& entry : child_environment(caller, facts)) {
      EXPECT_EQ(entry.find("stale"), std::string::npos) << entry;
      EXPECT_EQ(entry.find("AKIA"), std::string::npos) << entry;
    }
  }
}

TEST(ChildEnvironment, TcpNamesTheUriWithAPathAndTheBareToken) {
  const auto environment = child_environment({}, tcp());
  EXPECT_THAT(environment, Contains("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:4711/creds"));
  EXPECT_THAT(environment, Contains("AWS_CONTAINER_AUTHORIZATION_TOKEN=the-token"));
  EXPECT_THAT(environment, Not(Contains(StartsWith("SENTINEL_"))));
}

TEST(ChildEnvironment, UnixNamesTheSocketAndNoContainer) {
  const auto environment = child_environment({}, unix_socket());
  EXPECT_THAT(environment, Contains("SENTINEL_UNIX_SOCKET=/run/x/socket"));
  EXPECT_THAT(environment, Contains("SENTINEL_AUTH_TOKEN=the-token"));
  EXPECT_THAT(environment, Contains("SENTINEL_ANSWER_KEY=the-answer-key"));
  EXPECT_THAT(environment, Contains("SENTINEL_SERVER_PID=4712"));
  EXPECT_THAT(environment, Not(Contains(StartsWith("AWS_CONTAINER"))));
}

TEST(ChildEnvironment, BothModesSetRegionFilesAndGuards) {
  for (const ChildFacts& facts : {tcp(), unix_socket()}) {
    const auto environment = child_environment({"HOME=/h", "PATH=/p"}, facts);
    for (const char* entry :
         {"AWS_CONFIG_FILE=/run/x/config", "AWS_SHARED_CREDENTIALS_FILE=/run/x/credentials", "AWS_REGION=eu-central-1",
          "AWS_DEFAULT_REGION=eu-central-1", "AWS_EC2_METADATA_DISABLED=true", "AWS_VAULT=prod", "AWS_SENTINEL=prod",
          "AWS_SDK_LOAD_CONFIG=1", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1", "HOME=/h", "PATH=/p"}) {
      EXPECT_THAT(environment, Contains(entry));
    }
  }
}

// The issued keys, as the broker sends them.
ipc::IssuedKeys issued() {
  ipc::IssuedKeys keys;
  keys.access_key_id = ipc::Text<128>("ASIANEW");
  (void)keys.secret_access_key.assign("new-secret");
  (void)keys.session_token.assign("new-session");
  keys.expiration = ipc::Text<32>("2026-01-01T00:00:00Z");
  return keys;
}

TEST(ChildEnvironment, WithoutAServerNothingStaleStaysButTheCallersFiles) {
  const ipc::IssuedKeys keys = issued();
  ChildFacts facts;
  facts.mode = ipc::RunMode::Cli;
  facts.keys = &keys;
  facts.profile = "prod";
  std::vector<std::string> caller = kStale;
  caller.insert(caller.end(), kStale.begin(), kStale.end());
  for (const std::string& entry : child_environment(caller, facts)) {
    const bool file = entry.starts_with("AWS_CONFIG_FILE=") || entry.starts_with("AWS_SHARED_CREDENTIALS_FILE=");
    EXPECT_TRUE(file || entry.find("stale") == std::string::npos) << entry;
    EXPECT_EQ(entry.find("AKIA"), std::string::npos) << entry;
  }
}

TEST(ChildEnvironment, WithoutAServerTheKeysAreThereAndNoServerIs) {
  const ipc::IssuedKeys keys = issued();
  ChildFacts facts;
  facts.mode = ipc::RunMode::Cli;
  facts.keys = &keys;
  facts.profile = "prod";
  facts.region = "eu-1";
  const auto environment = child_environment({"AWS_CONFIG_FILE=/own", "no_proxy=a", "HOME=/h"}, facts);
  for (const char* entry : {"AWS_ACCESS_KEY_ID=ASIANEW", "AWS_SECRET_ACCESS_KEY=new-secret",
                            "AWS_SESSION_TOKEN=new-session", "AWS_CREDENTIAL_EXPIRATION=2026-01-01T00:00:00Z",
                            "AWS_REGION=eu-1", "AWS_DEFAULT_REGION=eu-1", "AWS_VAULT=prod", "AWS_SENTINEL=prod",
                            "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/own", "no_proxy=a", "HOME=/h"}) {
    EXPECT_THAT(environment, Contains(entry));
  }
  for (const char* name : {"AWS_CONTAINER", "SENTINEL_", "AWS_SDK_LOAD_CONFIG", "NO_PROXY"}) {
    EXPECT_THAT(environment, Not(Contains(StartsWith(name))));
  }
}

TEST(ChildEnvironment, WithAServerNoKeyIsSet) {
  for (const ChildFacts& facts : {tcp(), unix_socket()}) {
    for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXP"}) {
      EXPECT_THAT(child_environment({}, facts), Not(Contains(StartsWith(name))));
    }
  }
}

TEST(ChildEnvironment, WithoutARegionAStaleOneIsRemoved) {
  ChildFacts facts = tcp();
  facts.region = "";
  EXPECT_THAT(child_environment({"AWS_REGION=old"}, facts), Not(Contains(StartsWith("AWS_REGION="))));
}

TEST(ChildEnvironment, LoopbackIsAddedToTheProxyExceptionsOnce) {
  EXPECT_THAT(child_environment({"NO_PROXY=corp,10.0.0.1"}, tcp()), Contains("NO_PROXY=corp,10.0.0.1,127.0.0.1"));
  EXPECT_THAT(child_environment({"NO_PROXY=corp"}, tcp()), Contains("no_proxy=corp,127.0.0.1"));
  EXPECT_THAT(child_environment({"no_proxy=a, 127.0.0.1 ,b"}, tcp()), Contains("no_proxy=a, 127.0.0.1 ,b"));
  EXPECT_THAT(child_environment({"no_proxy=*"}, tcp()), Contains("no_proxy=*"));
  EXPECT_THAT(child_environment({"no_proxy=corp,*"}, tcp()), Contains("no_proxy=corp,*,127.0.0.1"));
  EXPECT_THAT(child_environment({"no_proxy=127.0.0.0/8"}, tcp()), Contains("no_proxy=127.0.0.0/8,127.0.0.1"));
  EXPECT_THAT(child_environment({"NO_PROXY=127.0.0.10"}, tcp()), Contains("NO_PROXY=127.0.0.10,127.0.0.1"));
}

TEST(ChildEnvironment, EverythingElseStaysInOrder) {
  const std::vector<std::string> caller{"B=2", "A=1",   "AWS_CA_BUNDLE=/ca", "AWS_ENDPOINT_URL=http://x", "A=1", "odd",
                                        "=C:", "EMPTY="};
  const auto environment = child_environment(caller, tcp());
  EXPECT_TRUE(std::equal(caller.begin(), caller.end(), environment.begin()));
}

TEST(ChildEnvironment, ValueLookupIsExact) {
  const std::vector<std::string> environment{"AB=1", "A=2", "A=3"};
  EXPECT_EQ(environment_value(environment, "A"), "2");
  EXPECT_EQ(environment_value(environment, "ABC"), "");
}

}  // namespace
}  // namespace supervisor
