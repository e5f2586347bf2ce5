// What the broker accepts as the task of a run, sent through a real channel: everything out of bounds ends it.
#include "serve/task.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <thread>

#include "ipc/client/served_profiles.h"

namespace {

using broker::Task;
using namespace std::chrono_literals;

// A message with a number in one of its fields that the field itself cannot hold.
template <class Message>
struct Spoilt {
  static constexpr ipc::U16 kId = Message::kId;
  Message message;
  std::string_view field;
  std::uint64_t number;
};

template <class Message, class Visit>
bool for_each_field(const Spoilt<Message>& spoilt, Visit&& visit) {
  return ipc::for_each_field(spoilt.message, [&]<class Field>(std::string_view name, const Field& field) {
    if (name != spoilt.field) return visit(name, field);
    if (ipc::WireSize<Field>::value == 1) return visit(name, static_cast<ipc::U8>(spoilt.number));
    return visit(name, static_cast<ipc::U32>(spoilt.number));
  });
}

class TaskTest : public ::testing::Test {
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
  static ipc::LogHead head(std::string_view label) { return {ipc::Text<4096>(label)}; }
  static ipc::LogSink sink(std::string_view label, bool sync) {
    return {ipc::LogKind::File, sync, ipc::Text<4096>(label)};
  }
  template <class Message>
  void send_with_file(const Message& message) {
    const ipc::UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(supervisor_.send(message, null.get()));
  }
  void send_sink(std::string_view label, bool sync) { send_with_file(sink(label, sync)); }
  static ipc::Begin good_begin() {
    ipc::Begin begin;
    begin.profile = ipc::Text<256>("ledger-prod");
    begin.policy_file = ipc::Text<4096>("/etc/policy.yaml");
    begin.home = ipc::Text<4096>("/home/marta");
    begin.os_user = ipc::Text<256>("marta");
    begin.mode = ipc::RunMode::Server;
    EXPECT_TRUE(begin.policy_poll.assign(60s) && begin.policy_max_age.assign(300s) && begin.duration.assign(900s));
    begin.transport = ipc::Transport::Tcp;
    return begin;
  }
  // Why the task was refused; empty where it was not.
  std::string refusal() {
    const ipc::Result<Task> task = broker::receive_task(broker_);
    if (task) return "";
    EXPECT_EQ(ipc::Fault::kProtocol, task.error().fault);
    return task.error().what;
  }

  ipc::Channel supervisor_, broker_;
};

TEST_F(TaskTest, ASettingThatIsNotInTheTableIsRefused) {
  send_setting("AWS_SECRET_ACCESS_KEY", "x");
  EXPECT_EQ("a setting that is not in settings.def", refusal());
}

TEST_F(TaskTest, ASettingTwiceIsRefusedEvenWithTheSameValue) {
  send_setting("AWS_REGION", "eu-west-1");
  send_setting("AWS_REGION", "eu-west-1");
  EXPECT_EQ("a setting came twice", refusal());
}

TEST_F(TaskTest, ALongSettingComesInParts) {
  send_setting("NO_PROXY", std::string(4096, 'a'));
  ASSERT_TRUE(supervisor_.send(ipc::SettingRest{ipc::Text<4096>(std::string(4096, 'b'))}));
  ASSERT_TRUE(supervisor_.send(ipc::SettingRest{ipc::Text<4096>("c")}));
  send_setting("AWS_REGION", "eu-west-1");
  send_sink("log", false);
  ASSERT_TRUE(supervisor_.send(good_begin()));
  const ipc::Result<Task> task = broker::receive_task(broker_);
  ASSERT_TRUE(task) << task.error().what;
  EXPECT_EQ(std::string(4096, 'a') + std::string(4096, 'b') + "c", ipc::setting(task->settings, "NO_PROXY"));
  EXPECT_EQ("eu-west-1", ipc::setting(task->settings, "AWS_REGION"));
}

constexpr char kOtherConsole[] = "a page of the console for another kind of run, or none for its own";

TEST_F(TaskTest, ALoginWithoutAPageIsRefused) {
  ipc::Begin login = good_begin();
  login.mode = ipc::RunMode::Login;
  send_sink("log", false);
  ASSERT_TRUE(supervisor_.send(login));
  EXPECT_EQ(kOtherConsole, refusal());
}

TEST_F(TaskTest, APageOfTheConsoleIsForALoginAlone) {
  send_sink("log", false);
  ASSERT_TRUE(supervisor_.send(ipc::ConsolePlace{}));
  ASSERT_TRUE(supervisor_.send(good_begin()));
  EXPECT_EQ(kOtherConsole, refusal());
}

TEST_F(TaskTest, ALoginKnowsItsPage) {
  ipc::Begin login = good_begin();
  login.mode = ipc::RunMode::Login;
  send_sink("log", false);
  ASSERT_TRUE(supervisor_.send(ipc::ConsolePlace{ipc::Text<2048>("s3")}));
  ASSERT_TRUE(supervisor_.send(login));
  const ipc::Result<Task> task = broker::receive_task(broker_);
  ASSERT_TRUE(task) << task.error().what;
  EXPECT_EQ("s3", task->console_destination);
}

TEST_F(TaskTest, KeptCredentialsAreForWhatPrintsThemAlone) {
  send_sink("log", false);
  send_with_file(ipc::RoleKeyStore{});
  ASSERT_TRUE(supervisor_.send(good_begin()));
  EXPECT_EQ("a file of kept credentials for another kind of run", refusal());
}

TEST_F(TaskTest, TheRestOfNoSettingIsRefused) {
  ASSERT_TRUE(supervisor_.send(ipc::SettingRest{ipc::Text<4096>("x")}));
  EXPECT_EQ("the rest of no setting", refusal());
  send_setting("NO_PROXY", "a");
  send_sink("log", false);
  ASSERT_TRUE(supervisor_.send(ipc::SettingRest{ipc::Text<4096>("x")}));
  EXPECT_EQ("the rest of no setting", refusal()) << "something else came between";
  send_setting("NO_PROXY", "a");
  send_with_file(ipc::PolicyText{});
  ASSERT_TRUE(supervisor_.send(ipc::SettingRest{ipc::Text<4096>("x")}));
  EXPECT_EQ("the rest of no setting", refusal()) << "something else came between";
  send_setting("NO_PROXY", "a");
  ASSERT_TRUE(supervisor_.send(ipc::SettingRest{}));
  EXPECT_EQ("the rest of no setting", refusal());
}

TEST_F(TaskTest, ASettingThatIsLongerThanAnyVariableIsRefused) {
  std::string why;
  send_setting("NO_PROXY", std::string(4096, 'a'));
  std::thread sender([this] {
    for (std::size_t sent = 4096; sent <= ipc::kMostSettingBytes; sent += 4096) {
      while (!supervisor_.send(ipc::SettingRest{ipc::Text<4096>(std::string(4096, 'b'))})) std::this_thread::yield();
    }
  });
  EXPECT_EQ("a setting is longer than any variable", refusal());
  sender.join();
}

TEST_F(TaskTest, ALogSinkThatIsNeitherSyncedNorNotIsRefused) {
  send_with_file(Spoilt<ipc::LogSink>{sink("log", false), "sync", 2});
  EXPECT_EQ("LogSink is malformed", refusal());
}

TEST_F(TaskTest, ALogSinkOfAnUnknownKindIsRefused) {
  for (const std::uint64_t kind : {0U, 4U}) {
    send_with_file(Spoilt<ipc::LogSink>{sink("log", false), "kind", kind});
    EXPECT_EQ("LogSink is malformed", refusal()) << kind;
  }
}

TEST_F(TaskTest, MoreLogSinksThanTheLimitAreRefused) {
  for (std::size_t i = 0; i <= broker::kMaxSinks; ++i) send_sink("log", false);
  EXPECT_EQ("more log sinks than there can be", refusal());
}

TEST_F(TaskTest, AHeadThatIsNotOfTheLogBeforeItIsRefused) {
  send_with_file(head("log"));
  EXPECT_EQ("the head of a log that did not come before it", refusal());
  send_sink("log", false);
  send_with_file(head("other"));
  EXPECT_EQ("the head of a log that did not come before it", refusal());
  send_sink("log", false);
  send_with_file(head("log"));
  send_with_file(head("log"));
  EXPECT_EQ("the head of a log that did not come before it", refusal());
}

TEST_F(TaskTest, BeginWithoutADecisionLogIsRefused) {
  ASSERT_TRUE(supervisor_.send(good_begin()));
  EXPECT_EQ("Begin without a decision log", refusal());
}

TEST_F(TaskTest, SeveralProfilesComeInTheirOrderTheFirstWithBegin) {
  send_sink("log", false);
  ASSERT_TRUE(supervisor_.send(ipc::WantedProfile{ipc::Text<256>("ledger-test"), false}));
  ASSERT_TRUE(supervisor_.send(ipc::WantedProfile{ipc::Text<256>("dev-*"), true}));
  ipc::Begin begin = good_begin();
  begin.transport = ipc::Transport::Unix;
  ASSERT_TRUE(supervisor_.send(begin));
  const ipc::Result<Task> task = broker::receive_task(broker_);
  ASSERT_TRUE(task) << task.error().what;
  ASSERT_EQ(3u, task->wanted.size());
  EXPECT_EQ("ledger-prod", task->wanted[0].name.str());
  EXPECT_EQ("ledger-test", task->wanted[1].name.str());
  EXPECT_TRUE(task->wanted[2].pattern);
  EXPECT_EQ(ipc::kMostProfiles, task->most_profiles());
}

TEST_F(TaskTest, OneProfileIsATableOfOne) {
  send_sink("log", false);
  ASSERT_TRUE(supervisor_.send(good_begin()));
  const ipc::Result<Task> task = broker::receive_task(broker_);
  ASSERT_TRUE(task);
  EXPECT_EQ(1u, task->wanted.size());
  EXPECT_EQ(1u, task->most_profiles());
}

TEST_F(TaskTest, ProfilesThatCannotBeServedAreRefused) {
  const auto refused_with = [this](bool pattern, const auto& change) {
    SetUp();  // a channel for each: Begin comes once
    send_sink("log", false);
    EXPECT_TRUE(supervisor_.send(ipc::WantedProfile{ipc::Text<256>("x"), pattern}));
    ipc::Begin begin = good_begin();
    begin.transport = ipc::Transport::Unix;
    change(begin);
    EXPECT_TRUE(supervisor_.send(begin));
    return refusal();
  };
  const std::string why = "Begin is out of bounds";
  EXPECT_EQ("", refused_with(true, [](ipc::Begin& begin) { begin.profile = {}; }));
  EXPECT_EQ(why, refused_with(false, [](ipc::Begin& begin) { begin.transport = ipc::Transport::Tcp; }));
  EXPECT_EQ(why, refused_with(false, [](ipc::Begin& begin) { begin.mode = ipc::RunMode::Cli; }));
  EXPECT_EQ(why, refused_with(true, [](ipc::Begin& begin) { begin.environment_keys = true; }));
  EXPECT_EQ(why, refused_with(false, [](ipc::Begin& begin) {
              begin.remote_url = ipc::Text<2048>("https://tvm.example");
              begin.policy_file = {};
            }));
  SetUp();
  send_sink("log", false);
  ipc::Begin nameless = good_begin();
  nameless.profile = {};
  ASSERT_TRUE(supervisor_.send(nameless));
  EXPECT_EQ(why, refusal());
  ASSERT_TRUE(supervisor_.send(ipc::WantedProfile{}));
  EXPECT_EQ("a wanted profile without a name", refusal());
}

TEST_F(TaskTest, MoreProfilesThanARunServesAreRefused) {
  std::thread sender([this] {
    for (std::size_t i = 0; i <= ipc::kMostProfiles; ++i) {
      while (!supervisor_.send(ipc::WantedProfile{ipc::Text<256>("p" + std::to_string(i)), false}))
        std::this_thread::yield();
    }
  });
  EXPECT_EQ("more profiles than a run serves", refusal());
  sender.join();
}

TEST_F(TaskTest, AMessageThatComesLaterIsRefused) {
  ipc::ListenerOpened early;
  ASSERT_TRUE(supervisor_.send(early));
  EXPECT_NE("", refusal());
}

TEST_F(TaskTest, AnAnswerToNoQuestionIsRefused) {
  ASSERT_TRUE(supervisor_.send(ipc::ErrandAnswer{}));
  EXPECT_EQ("message 19 has no receiver here", refusal());
}

TEST_F(TaskTest, ASupervisorThatGoesAwayEndsIt) {
  send_sink("log", false);
  supervisor_.close();
  EXPECT_EQ("the supervisor is gone", refusal());
}

// A number that a field of Begin may not hold.
struct BadNumber {
  const char* name;
  std::string_view field;
  std::uint64_t number;
};

const BadNumber kBadNumbers[] = {
    {"TooShort", "duration", 899},
    {"AlmostLeftOut", "duration", 1},
    {"TooLong", "duration", 43201},
    {"Forever", "duration", UINT32_MAX},
    {"PollsWithoutPause", "policy_poll", 4},
    {"PollsNever", "policy_poll", 0},
    {"PollsTooSeldom", "policy_poll", 3601},
    {"OldPolicyForEver", "policy_max_age", 86401},
    {"NoMode", "mode", 0},
    {"UnknownMode", "mode", 6},
    {"NoTransport", "transport", 0},
    {"UnknownTransport", "transport", 9},
    {"HalfLazy", "lazy", 2},
    {"SomeEnvironmentKeys", "environment_keys", 2},
    {"TheyMayFollow", "environment_follows", 255},
    {"HalfALogin", "auto_login", 2},
    {"HalfABrowser", "browser_login", 2},
};

class BadNumbers : public TaskTest, public ::testing::WithParamInterface<BadNumber> {};

TEST_P(BadNumbers, AreRefused) {
  send_sink("log", false);
  ASSERT_TRUE(supervisor_.send(Spoilt<ipc::Begin>{good_begin(), GetParam().field, GetParam().number}));
  EXPECT_EQ("Begin is malformed", refusal());
}

INSTANTIATE_TEST_SUITE_P(All, BadNumbers, ::testing::ValuesIn(kBadNumbers),
                         [](const auto& row) { return row.param.name; });

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
    {"ServedWithoutDuration", [](ipc::Begin& begin) { EXPECT_TRUE(begin.duration.assign(0s)); }},
    {"TwoPolicyKeys",
     [](ipc::Begin& begin) {
       begin.policy_key = ipc::Text<4096>("/etc/key.pem");
       begin.policy_kms_key = ipc::Text<2048>("alias/policy");
     }},
    {"TwoJudges", [](ipc::Begin& begin) { begin.remote_url = ipc::Text<2048>("https://tvm.example.com/"); }},
    {"ATokenForNobody", [](ipc::Begin& begin) { begin.remote_token_file = ipc::Text<4096>("/run/token"); }},
    {"RemoteAndOnlyAsking", [](ipc::Begin& begin) { remote(begin).mode = ipc::RunMode::Whoami; }},
    {"RemoteAndTheConsole", [](ipc::Begin& begin) { remote(begin).mode = ipc::RunMode::Login; }},
    {"RemoteAndTracked", [](ipc::Begin& begin) { remote(begin).session_table = ipc::Text<256>("sessions"); }},
    {"RemoteAndSigned", [](ipc::Begin& begin) { remote(begin).policy_key = ipc::Text<4096>("/etc/key.pem"); }},
    {"RemoteAndSignedByKms", [](ipc::Begin& begin) { remote(begin).policy_kms_key = ipc::Text<2048>("alias/p"); }},
};

class BadBegins : public TaskTest, public ::testing::WithParamInterface<BadBegin> {};

TEST_P(BadBegins, AreRefused) {
  send_sink("log", false);
  ipc::Begin begin = good_begin();
  GetParam().spoil(begin);
  ASSERT_TRUE(supervisor_.send(begin));
  EXPECT_EQ("Begin is out of bounds", refusal());
}

INSTANTIATE_TEST_SUITE_P(All, BadBegins, ::testing::ValuesIn(kBadBegins),
                         [](const auto& row) { return row.param.name; });

TEST_F(TaskTest, AreWhatTheSupervisorSaid) {
  send_setting("AWS_REGION", "eu-west-1");
  send_setting("AWS_CA_BUNDLE", "");
  send_sink("decisions.log", true);
  send_with_file(head("decisions.log"));
  send_sink("terminal", false);
  ipc::Begin begin = good_begin();
  begin.region = ipc::Text<64>("eu-central-1");
  begin.lazy = true;
  ASSERT_TRUE(begin.duration.assign(43200s));
  ASSERT_TRUE(supervisor_.send(begin));
  const ipc::Result<Task> task = broker::receive_task(broker_);
  ASSERT_TRUE(task) << task.error().what;
  EXPECT_EQ("eu-west-1", ipc::setting(task->settings, "AWS_REGION"));
  ASSERT_EQ(2U, task->sinks.size());
  EXPECT_EQ("decisions.log", task->sinks[0].sink.label.str());
  EXPECT_TRUE(task->sinks[0].sink.sync);
  EXPECT_FALSE(task->sinks[1].sink.sync);
  EXPECT_TRUE(task->sinks[1].fd);
  EXPECT_TRUE(task->sinks[0].head);
  EXPECT_FALSE(task->sinks[1].head);
  EXPECT_EQ("ledger-prod", task->begin.profile.str());
  EXPECT_EQ("/etc/policy.yaml", task->policy_name());
  EXPECT_EQ("eu-central-1", task->begin.region.str());
  EXPECT_EQ("/home/marta", task->begin.home.str());
  EXPECT_EQ("marta", task->begin.os_user.str());
  EXPECT_EQ(std::chrono::seconds(43200), task->begin.duration.get());
  EXPECT_TRUE(task->begin.lazy);
  EXPECT_EQ(ipc::Transport::Tcp, task->begin.transport);
}

TEST_F(TaskTest, ARemoteServerStandsInThePolicysPlace) {
  send_sink("log", false);
  ipc::Begin begin = good_begin();
  remote(begin).remote_token_file = ipc::Text<4096>("/run/token");
  ASSERT_TRUE(supervisor_.send(begin));
  const ipc::Result<Task> task = broker::receive_task(broker_);
  ASSERT_TRUE(task) << task.error().what;
  EXPECT_EQ("https://tvm.example.com/", task->policy_name());
  EXPECT_EQ("/run/token", task->begin.remote_token_file.str());
}

// What follows Begin belongs to whoever serves, and stays in the channel.
TEST_F(TaskTest, EndWithBegin) {
  send_sink("log", false);
  ipc::Begin begin = good_begin();
  begin.policy_file = ipc::Text<4096>("");
  begin.policy_parameter = ipc::Text<1024>("/sentinel/policy");
  ASSERT_TRUE(supervisor_.send(begin));
  ASSERT_TRUE(supervisor_.send(good_begin()));
  const ipc::Result<Task> task = broker::receive_task(broker_);
  ASSERT_TRUE(task) << task.error().what;
  EXPECT_EQ("/sentinel/policy", task->policy_name());
  ipc::Packet packet;
  EXPECT_FALSE(broker_.receive(packet)) << "Begin is taken once in the life of a channel";
}

}  // namespace
