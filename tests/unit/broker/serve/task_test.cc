// What the broker accepts as the terms of a run, sent through a real channel: everything out of bounds ends it.
#include "serve/task.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <functional>

namespace {

using broker::Terms;

class TermsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ends = ipc::Channel::socket_pair();
    ASSERT_TRUE(ends);
    supervisor_ = ipc::Channel(std::move(ends->first), ipc::Side::Supervisor, ipc::Side::Broker);
    broker_ = ipc::Channel(std::move(ends->second), ipc::Side::Broker, ipc::Side::Supervisor);
  }

  void send_setting(std::string_view name, std::string_view value) {
    ipc::Setting setting;
    setting.name = ipc::Text<64>(name);
    setting.value = ipc::Text<4096>(value);
    ASSERT_TRUE(supervisor_.send(setting));
  }
  void send_sink(std::string_view label, unsigned sync) {
    const ipc::UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    ipc::LogSink sink;
    sink.kind = static_cast<ipc::U8>(ipc::LogKind::File);
    sink.label = ipc::Text<4096>(label);
    sink.sync = static_cast<ipc::U8>(sync);
    ASSERT_TRUE(supervisor_.send(sink, null.get()));
  }
  static ipc::Begin good_begin() {
    ipc::Begin begin;
    begin.profile = ipc::Text<256>("ledger-prod");
    begin.policy_file = ipc::Text<4096>("/etc/policy.yaml");
    begin.home = ipc::Text<4096>("/home/marta");
    begin.os_user = ipc::Text<256>("marta");
    begin.mode = static_cast<ipc::U8>(ipc::RunMode::Server);
    begin.policy_poll_s = 60;
    begin.policy_max_age_s = 300;
    begin.duration_s = 900;
    begin.transport = static_cast<ipc::U8>(ipc::Transport::Tcp);
    return begin;
  }
  // Why the terms were refused; empty where they were not.
  std::string refusal() {
    const ipc::Result<Terms> terms = broker::receive_terms(broker_);
    if (terms) return "";
    EXPECT_EQ(ipc::Fault::kProtocol, terms.error().fault);
    return terms.error().what;
  }

  ipc::Channel supervisor_, broker_;
};

TEST_F(TermsTest, ASettingThatIsNotInTheTableIsRefused) {
  send_setting("AWS_SECRET_ACCESS_KEY", "x");
  EXPECT_EQ("a setting that is not in settings.def", refusal());
}

TEST_F(TermsTest, ASettingTwiceIsRefusedEvenWithTheSameValue) {
  send_setting("AWS_REGION", "eu-west-1");
  send_setting("AWS_REGION", "eu-west-1");
  EXPECT_EQ("a setting came twice", refusal());
}

TEST_F(TermsTest, ALogSinkThatIsNeitherSyncedNorNotIsRefused) {
  send_sink("log", 2);
  EXPECT_EQ("a log sink out of bounds", refusal());
}

TEST_F(TermsTest, MoreLogSinksThanTheLimitAreRefused) {
  for (std::size_t i = 0; i <= broker::kMaxSinks; ++i) send_sink("log", 0);
  EXPECT_EQ("a log sink out of bounds", refusal());
}

TEST_F(TermsTest, BeginWithoutADecisionLogIsRefused) {
  ASSERT_TRUE(supervisor_.send(good_begin()));
  EXPECT_EQ("Begin without a decision log", refusal());
}

TEST_F(TermsTest, AMessageThatIsNoneOfTheThreeIsRefused) {
  ipc::ListenerOpened early;
  ASSERT_TRUE(supervisor_.send(early));
  EXPECT_NE("", refusal());
}

TEST_F(TermsTest, ASupervisorThatGoesAwayEndsIt) {
  send_sink("log", 0);
  supervisor_.close();
  EXPECT_EQ("the supervisor is gone", refusal());
}

struct BadBegin {
  const char* name;
  std::function<void(ipc::Begin&)> spoil;
};

// A server that judges elsewhere has nothing to do with what belongs to a policy here.
ipc::Begin& remote(ipc::Begin& begin) {
  begin.policy_file = ipc::Text<4096>("");
  begin.remote_url = ipc::Text<2048>("https://tvm.example.com/");
  return begin;
}

const BadBegin kBadBegins[] = {
    {"NoProfile", [](ipc::Begin& begin) { begin.profile = ipc::Text<256>(""); }},
    {"NoPolicy", [](ipc::Begin& begin) { begin.policy_file = ipc::Text<4096>(""); }},
    {"TwoPolicies", [](ipc::Begin& begin) { begin.policy_parameter = ipc::Text<1024>("/policy"); }},
    {"TooShort", [](ipc::Begin& begin) { begin.duration_s = 899; }},
    {"Forever", [](ipc::Begin& begin) { begin.duration_s = UINT32_MAX; }},
    {"TooLong", [](ipc::Begin& begin) { begin.duration_s = 43201; }},
    {"ServedWithoutDuration", [](ipc::Begin& begin) { begin.duration_s = 0; }},
    {"NoMode", [](ipc::Begin& begin) { begin.mode = 0; }},
    {"UnknownMode", [](ipc::Begin& begin) { begin.mode = 5; }},
    {"PollsWithoutPause", [](ipc::Begin& begin) { begin.policy_poll_s = 4; }},
    {"NeverPolls", [](ipc::Begin& begin) { begin.policy_poll_s = 3601; }},
    {"OldPolicyForEver", [](ipc::Begin& begin) { begin.policy_max_age_s = 86401; }},
    {"TwoPolicyKeys",
     [](ipc::Begin& begin) {
       begin.policy_key = ipc::Text<4096>("/etc/key.pem");
       begin.policy_kms_key = ipc::Text<2048>("alias/policy");
     }},
    {"TwoJudges", [](ipc::Begin& begin) { begin.remote_url = ipc::Text<2048>("https://tvm.example.com/"); }},
    {"ATokenForNobody", [](ipc::Begin& begin) { begin.remote_token_file = ipc::Text<4096>("/run/token"); }},
    {"RemoteAndOnlyAsking", [](ipc::Begin& begin) { remote(begin).mode = static_cast<ipc::U8>(ipc::RunMode::Whoami); }},
    {"RemoteAndTracked", [](ipc::Begin& begin) { remote(begin).session_table = ipc::Text<256>("sessions"); }},
    {"RemoteAndSigned", [](ipc::Begin& begin) { remote(begin).policy_key = ipc::Text<4096>("/etc/key.pem"); }},
    {"RemoteAndSignedByKms", [](ipc::Begin& begin) { remote(begin).policy_kms_key = ipc::Text<2048>("alias/p"); }},
    {"HalfLazy", [](ipc::Begin& begin) { begin.lazy = 2; }},
    {"NoTransport", [](ipc::Begin& begin) { begin.transport = 9; }},
};

class BadBegins : public TermsTest, public testing::WithParamInterface<BadBegin> {};

TEST_P(BadBegins, AreRefused) {
  send_sink("log", 0);
  ipc::Begin begin = good_begin();
  GetParam().spoil(begin);
  ASSERT_TRUE(supervisor_.send(begin));
  EXPECT_EQ("Begin is out of bounds", refusal());
}

INSTANTIATE_TEST_SUITE_P(All, BadBegins, ::testing::ValuesIn(kBadBegins), [](const auto& row) { return row.param.name; });

TEST_F(TermsTest, AreWhatTheSupervisorSaid) {
  send_setting("AWS_REGION", "eu-west-1");
  send_setting("AWS_CA_BUNDLE", "");
  send_sink("decisions.log", 1);
  send_sink("terminal", 0);
  ipc::Begin begin = good_begin();
  begin.region = ipc::Text<64>("eu-central-1");
  begin.lazy = 1;
  begin.duration_s = 43200;
  ASSERT_TRUE(supervisor_.send(begin));
  const ipc::Result<Terms> terms = broker::receive_terms(broker_);
  ASSERT_TRUE(terms) << terms.error().what;
  EXPECT_EQ("eu-west-1", ipc::setting(terms->settings, "AWS_REGION"));
  ASSERT_EQ(2U, terms->sinks.size());
  EXPECT_EQ("decisions.log", terms->sinks[0].label);
  EXPECT_TRUE(terms->sinks[0].sync);
  EXPECT_FALSE(terms->sinks[1].sync);
  EXPECT_TRUE(terms->sinks[1].fd);
  EXPECT_EQ("ledger-prod", terms->profile);
  EXPECT_EQ("/etc/policy.yaml", terms->policy_name());
  EXPECT_EQ("eu-central-1", terms->region);
  EXPECT_EQ("/home/marta", terms->home);
  EXPECT_EQ("marta", terms->os_user);
  EXPECT_EQ(std::chrono::seconds(43200), terms->duration);
  EXPECT_TRUE(terms->lazy);
  EXPECT_EQ(ipc::Transport::Tcp, terms->transport);
}

TEST_F(TermsTest, ARemoteServerStandsInThePolicysPlace) {
  send_sink("log", 0);
  ipc::Begin begin = good_begin();
  remote(begin).remote_token_file = ipc::Text<4096>("/run/token");
  ASSERT_TRUE(supervisor_.send(begin));
  const ipc::Result<Terms> terms = broker::receive_terms(broker_);
  ASSERT_TRUE(terms) << terms.error().what;
  EXPECT_EQ("https://tvm.example.com/", terms->policy_name());
  EXPECT_EQ("/run/token", terms->remote_token_file);
}

// What follows Begin belongs to whoever serves, and stays in the channel.
TEST_F(TermsTest, EndWithBegin) {
  send_sink("log", 0);
  ipc::Begin begin = good_begin();
  begin.policy_file = ipc::Text<4096>("");
  begin.policy_parameter = ipc::Text<1024>("/sentinel/policy");
  ASSERT_TRUE(supervisor_.send(begin));
  ASSERT_TRUE(supervisor_.send(good_begin()));
  const ipc::Result<Terms> terms = broker::receive_terms(broker_);
  ASSERT_TRUE(terms) << terms.error().what;
  EXPECT_EQ("/sentinel/policy", terms->policy_name());
  ipc::Packet packet;
  EXPECT_FALSE(broker_.receive(packet)) << "Begin is taken once in the life of a channel";
}

}  // namespace
