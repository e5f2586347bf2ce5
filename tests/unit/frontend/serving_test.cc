// The real program as a whole: clients that misbehave, a broker and a supervisor that do, and the ordinary course.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "connection_table.h"
#include "ending.h"
#include "ipc/process/lockdown.h"
#include "rig.h"

namespace frontend_test {
namespace {

using frontend::Ending;

#define EXPECT_ENDS(rig, ending)                                \
  do {                                                          \
    const int status = (rig).wait_for_end();                    \
    ASSERT_TRUE(WIFEXITED(status)) << "wait status " << status; \
    EXPECT_EQ(static_cast<int>(ending), WEXITSTATUS(status));   \
  } while (false)

std::string status_line(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

// ---- Start-up, supervisor and broker ----

TEST(Frontend, IsLockedDownBeforeItIsGivenAnything) {
  Rig rig;
  const ipc::FrontendLockedDown report = rig.await_locked_down();
  EXPECT_EQ(ipc::kProtocolHash, report.protocol);
  for (const char* word : {"not dumpable", "no capabilities", "no new privileges", "seccomp"}) {
    EXPECT_NE(std::string::npos, report.protections.str().find(word)) << report.protections.str();
  }
  const auto seen = ipc::seen_from_outside(rig.pid());
  ASSERT_TRUE(seen);
  EXPECT_EQ(2, seen->seccomp_mode);
  EXPECT_TRUE(seen->no_new_privileges);
}

// It would get the number that the filter knows as the broker's; and a client could come before there is a broker.
TEST(Frontend, EndsOnAListenerBeforeTheBrokerIsThere) {
  Rig rig;
  rig.await_locked_down();
  rig.give_unix_listener();  // it may have ended before a second one
  EXPECT_ENDS(rig, Ending::BadSupervisor);
}

TEST(Frontend, EndsQuietlyWhenTheSupervisorIsGone) {
  Rig rig;
  rig.serve();
  const Client client = rig.connect_unix();
  client.send(get_creds("localhost"));
  (void)rig.next_request();
  rig.supervisor().close();
  EXPECT_ENDS(rig, Ending::SupervisorGone);
  EXPECT_TRUE(client.ended());
}

TEST(Frontend, EndsWhenTheBrokerIsGone) {
  Rig rig;
  rig.serve();
  const Client client = rig.connect_unix();
  client.send(get_creds("localhost"));
  (void)rig.next_request();
  rig.broker().close();
  EXPECT_ENDS(rig, Ending::BrokerGone);
  EXPECT_TRUE(client.ended());
}

TEST(Frontend, EndsOnADoneItNeverAskedFor) {
  Rig rig;
  rig.serve();
  rig.done(1234, true);
  EXPECT_ENDS(rig, Ending::BadBroker);
}

TEST(Frontend, EndsOnASecondDoneOfOneRequest) {
  Rig rig;
  rig.serve();
  const Client client = rig.connect_unix();
  client.send(get_creds("localhost"));
  const ipc::ServeClient asked = rig.answer(false);
  rig.done(asked.request, false);
  EXPECT_ENDS(rig, Ending::BadBroker);
}

TEST(Frontend, EndsOnAMessageThatTheBrokerMayNotSend) {
  Rig rig;
  rig.serve();
  ASSERT_TRUE(rig.broker().send(ipc::Notice{}));
  EXPECT_ENDS(rig, Ending::BadBroker);
}

TEST(Frontend, EndsOnADoneWithADescriptor) {
  Rig rig;
  rig.serve();
  const ipc::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(rig.broker().send(ipc::Done{}, null.get()));
  EXPECT_ENDS(rig, Ending::BadBroker);
}

TEST(Frontend, EndsOnADoneThatIsNeitherOpenNorClosed) {
  Rig rig;
  rig.serve();
  constexpr char kClosedTwice[] = {0x0e, 0, 0, 0, 0, 0, 2};
  ASSERT_EQ(7, ::send(rig.broker().fd(), kClosedTwice, sizeof kClosedTwice, MSG_DONTWAIT | MSG_NOSIGNAL));
  EXPECT_ENDS(rig, Ending::BadBroker);
}

TEST(Frontend, EndsOnATruncatedPacket) {
  Rig rig;
  rig.serve();
  ASSERT_EQ(3, ::send(rig.broker().fd(), "\x0e\x00\x01", 3, MSG_DONTWAIT | MSG_NOSIGNAL));
  EXPECT_ENDS(rig, Ending::BadBroker);
}

// A process that stole a duplicate of our peer's end: its packets are none of the peer's, whatever they say.
int send_from_a_child(ipc::Channel& channel, std::string_view packet) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::send(channel.fd(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(Frontend, EndsOnAStrangerOnTheBrokersChannel) {
  Rig rig;
  rig.serve();
  Client client = rig.connect_unix();
  client.send(get_creds("localhost"));
  const Asked asked = rig.next_request();
  std::array<char, 16> done;
  const std::size_t size = ipc::encode(ipc::Done{asked.message.request, true}, done);
  ASSERT_EQ(0, send_from_a_child(rig.broker(), {done.data(), size}));  // just what the broker would say
  EXPECT_ENDS(rig, Ending::Stranger);
}

TEST(Frontend, EndsOnAStrangerOnTheSupervisorsChannel) {
  Rig rig;
  rig.serve();
  ASSERT_EQ(0, send_from_a_child(rig.supervisor(), std::string_view("\x0c\x00\x01\x00\x00", 5)));
  EXPECT_ENDS(rig, Ending::Stranger);
}

TEST(Frontend, AnEmptyPacketOfAStrangerIsNotTheEnd) {
  Rig rig;
  rig.serve();
  ASSERT_EQ(0, send_from_a_child(rig.broker(), ""));
  EXPECT_ENDS(rig, Ending::Stranger);
}

TEST(Frontend, EndsOnASecondBrokerChannel) {
  Rig rig;
  rig.serve();
  const auto spare = ipc::Channel::socket_pair();
  ipc::BrokerChannel again;
  again.pid = static_cast<ipc::U32>(::getpid());
  ASSERT_TRUE(rig.supervisor().send(again, spare->first.get()));
  EXPECT_ENDS(rig, Ending::BadSupervisor);
}

TEST(Frontend, EndsOnAListenerWithoutADescriptor) {
  Rig rig;
  rig.serve();
  ASSERT_TRUE(rig.supervisor().send(ipc::Listener{}));
  EXPECT_ENDS(rig, Ending::BadSupervisor);
}

TEST(Frontend, EndsOnAListenerOfNoKnownTransport) {
  Rig rig;
  rig.serve();
  const auto spare = ipc::Channel::socket_pair();
  ipc::Listener message;
  message.transport = static_cast<ipc::Transport>(7);
  ASSERT_TRUE(rig.supervisor().send(message, spare->first.get()));
  EXPECT_ENDS(rig, Ending::BadSupervisor);
}

TEST(Frontend, EndsOnAListenerThatDoesNotListen) {
  Rig rig;
  rig.serve();
  const auto spare = ipc::Channel::socket_pair();
  ipc::Listener message;
  message.transport = ipc::Transport::Unix;
  ASSERT_TRUE(rig.supervisor().send(message, spare->first.get()));
  ASSERT_EQ(1, ::send(spare->second.get(), "x", 1, 0));  // readable: it tries to accept
  EXPECT_ENDS(rig, Ending::BadSupervisor);
}

// ---- Clients: refusals ----

struct RawCase {
  const char* what;
  std::string bytes;
  const char* status;
};

const RawCase kRaw[] = {
    {"malformed", "nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request"},
    {"TLS", std::string("\x16\x03\x01\x02\x00", 5), "HTTP/1.1 400 Bad Request"},
    {"rebound Host", get_creds("attacker.example"), "HTTP/1.1 403 Forbidden"},
    {"browser", get_creds("localhost", "Origin: http://x\r\n"), "HTTP/1.1 403 Forbidden"},
    {"other path", "GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404 Not Found"},
    {"POST with a body", "POST /creds HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody",
     "HTTP/1.1 405 Method Not Allowed"},
    {"two requests at once", get_creds("localhost") + get_creds("localhost"), "HTTP/1.1 400 Bad Request"},
    {"head over the cap", get_creds("localhost", "X: " + std::string(60'000, 'a') + "\r\n"),
     "HTTP/1.1 431 Request Header Fields Too Large"},
    {"head without an end", "GET /creds HTTP/1.1\r\n" + std::string(8192, 'a'),
     "HTTP/1.1 431 Request Header Fields Too Large"},
    {"HTTP/1.0", "GET /creds HTTP/1.0\r\nHost: localhost\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported"},
};

TEST(Frontend, RefusesByItselfAndTheClientSeesTheAnswerAndNoReset) {
  Rig rig;
  rig.serve();
  for (const RawCase& row : kRaw) {
    for (const bool tcp : {false, true}) {
      const Client client = tcp ? rig.connect_tcp() : rig.connect_unix();
      client.send(row.bytes);
      const std::string answer = client.read_all();
      EXPECT_EQ(row.status, status_line(answer)) << row.what << (tcp ? " over TCP" : " over Unix");
      EXPECT_EQ(std::string::npos, answer.find("(reset)")) << row.what;
      EXPECT_TRUE(answer.ends_with("\"}")) << answer;
    }
  }
  EXPECT_TRUE(rig.broker_has_nothing());
}

TEST(Frontend, SurvivesTheFuzzCorpusAndStillServes) {
  Rig rig;
  rig.serve();
  std::vector<Client> hostile;
  const auto tests = std::filesystem::path(TEST_DATA).parent_path().parent_path().parent_path();
  for (const auto& entry : std::filesystem::directory_iterator(tests / "fuzz" / "frontend" / "request.corpus")) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    hostile.push_back(rig.connect_unix());
    hostile.back().send(bytes);
  }
  EXPECT_GT(hostile.size(), 5U);
  while (!rig.broker_has_nothing()) rig.answer(true);
  const Client good = rig.connect_unix();
  good.send(get_creds("localhost"));
  while (rig.answer(true).authorization.reveal() == "corpus") continue;
  EXPECT_EQ(kAnswer, good.read_all());
}

// ---- Clients: the ordinary course ----

TEST(Frontend, PassesOnWhatTheBrokerNeeds) {
  Rig rig;
  rig.serve();
  const Client client = rig.connect_tcp();
  client.send(get_creds("127.0.0.1", "Authorization: Bearer a.b\r\nConnection: close\r\n"));
  const Asked asked = rig.next_request();
  EXPECT_EQ("Bearer a.b", asked.message.authorization.reveal());
  EXPECT_FALSE(asked.message.keep_alive);
  EXPECT_EQ(ipc::Transport::Tcp, asked.message.transport);
  EXPECT_NE(0, ::fcntl(asked.client.get(), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(rig.broker_has_nothing());
}

TEST(Frontend, AMissingTokenIsTheBrokersToRefuse) {
  Rig rig;
  rig.serve();
  const Client client = rig.connect_unix();
  client.send(get_creds("localhost"));
  EXPECT_EQ("", rig.answer(true).authorization.reveal());
}

TEST(Frontend, KeepAliveServesManyRequestsOnOneConnection) {
  Rig rig;
  rig.serve();
  for (const bool tcp : {false, true}) {
    const Client client = tcp ? rig.connect_tcp() : rig.connect_unix();
    std::vector<ipc::U32> numbers;
    for (int i = 0; i < 50; ++i) {
      client.send(get_creds("localhost", "Authorization: t" + std::to_string(i) + "\r\n"));
      const ipc::ServeClient asked = rig.answer(false);
      EXPECT_EQ("t" + std::to_string(i), asked.authorization.reveal());
      EXPECT_TRUE(asked.keep_alive);
      EXPECT_EQ(kAnswer, client.read_until("{}"));
      numbers.push_back(asked.request);
    }
    EXPECT_NE(numbers[0], numbers[1]);
    client.send(get_creds("localhost"));
    rig.answer(true);
    EXPECT_EQ(kAnswer, client.read_all());
  }
}

TEST(Frontend, KeepsNoConnectionThatNobodyAskedToKeep) {
  Rig rig;
  rig.serve();
  const Client client = rig.connect_tcp();
  client.send("GET /creds HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_FALSE(rig.answer(false).keep_alive);
  EXPECT_EQ(kAnswer, client.read_all());
}

TEST(Frontend, ClosesWhenTheClientAskedForItWhateverTheBrokerSays) {
  Rig rig;
  rig.serve();
  const Client client = rig.connect_unix();
  client.send(get_creds("localhost", "Connection: close\r\n"));
  rig.answer(false);
  EXPECT_EQ(kAnswer, client.read_all());
}

TEST(Frontend, AHeadMayComeByteByByte) {
  Rig rig;
  rig.serve();
  const Client client = rig.connect_tcp();
  for (const char c : get_creds("localhost", "Authorization: slow\r\n")) client.send(std::string_view(&c, 1));
  EXPECT_EQ("slow", rig.answer(true).authorization.reveal());
  EXPECT_EQ(kAnswer, client.read_all());
}

TEST(Frontend, BytesSentWhileTheBrokerAnswersAreReadAfterDone) {
  Rig rig;
  rig.serve();
  const Client client = rig.connect_unix();
  client.send(get_creds("localhost", "Authorization: first\r\n"));
  rig.answer(false);
  EXPECT_EQ(kAnswer, client.read_until("{}"));
  client.send(get_creds("localhost", "Authorization: second\r\n"));
  Asked second = rig.next_request();
  client.send(get_creds("localhost", "Authorization: third\r\n"));
  // Another connection's round trip: by now the third request lies there, and must not be read before Done.
  const Client other = rig.connect_unix();
  other.send(get_creds("localhost", "Authorization: other\r\n"));
  EXPECT_EQ("other", rig.answer(true).authorization.reveal());
  EXPECT_TRUE(rig.broker_has_nothing());
  rig.done(second.message.request, false);
  EXPECT_EQ("third", rig.answer(true).authorization.reveal());
}

TEST(Frontend, AClientThatHalfClosesStillGetsItsAnswer) {
  Rig rig;
  rig.serve();
  const Client client = rig.connect_tcp();
  client.send(get_creds("localhost"));
  ASSERT_EQ(0, ::shutdown(client.fd(), SHUT_WR));
  rig.answer(false);
  EXPECT_EQ(kAnswer, client.read_all());
}

TEST(Frontend, AClientThatHangsUpHarmsNobody) {
  Rig rig;
  rig.serve();
  for (int i = 0; i < 20; ++i) {
    Client client = i % 2 ? rig.connect_tcp() : rig.connect_unix();
    client.send(get_creds("localhost"));
    const Asked asked = rig.next_request();
    const linger reset{1, 0};
    ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);  // a reset, over TCP
    client.close();
    rig.done(asked.message.request, false);
  }
  const Client good = rig.connect_unix();
  good.send(get_creds("localhost"));
  rig.answer(true);
  EXPECT_EQ(kAnswer, good.read_all());
}

// ---- Many clients ----

TEST(Frontend, SilentClientsThatFillTheTableDoNotKeepAGoodOneOut) {
  Rig rig;
  rig.serve();
  std::vector<Client> silent;
  for (std::uint32_t i = 0; i < frontend::kMaxConnections + 50; ++i) silent.push_back(rig.connect_unix());
  for (int i = 0; i < 10; ++i) {
    const Client good = rig.connect_tcp();
    good.send(get_creds("localhost"));
    rig.answer(true);
    EXPECT_EQ(kAnswer, good.read_all());
  }
  EXPECT_TRUE(silent.front().ended()) << "the oldest made room";
  silent.back().send(get_creds("localhost"));  // and the youngest was kept
  rig.answer(true);
  EXPECT_EQ(kAnswer, silent.back().read_all());
}

TEST(Frontend, AFullTableOfWaitingRequestsIsAnsweredBusy) {
  Rig rig;
  rig.serve();
  std::vector<Client> waiting;
  std::vector<ipc::U32> asked;
  for (std::uint32_t i = 0; i < frontend::kMaxConnections; ++i) {
    waiting.push_back(rig.connect_unix());
    waiting.back().send(get_creds("localhost"));
    asked.push_back(rig.next_request().message.request);
  }
  const Client late = rig.connect_unix();
  EXPECT_EQ("HTTP/1.1 503 Service Unavailable", status_line(late.read_all()));
  for (const ipc::U32 request : asked) rig.done(request, true);
  for (const Client& client : waiting) EXPECT_TRUE(client.ended());
  const Client good = rig.connect_unix();
  good.send(get_creds("localhost"));
  rig.answer(true);
  EXPECT_EQ(kAnswer, good.read_all());
}

// The broker reads nothing until all have asked: the channel's queue is far smaller than the table.
TEST(Frontend, AFullBrokerQueueDelaysRequestsAndLosesNone) {
  Rig rig;
  rig.serve();
  std::vector<Client> clients;
  const std::string long_token = "Authorization: " + std::string(256, 'x') + "\r\n";
  for (std::uint32_t i = 0; i < frontend::kMaxConnections - 1; ++i) {
    clients.push_back(rig.connect_unix());
    clients.back().send(get_creds("localhost", long_token));
  }
  for (std::size_t i = 0; i < clients.size(); ++i) rig.answer(true);
  for (const Client& client : clients) EXPECT_EQ(kAnswer, client.read_all());
  EXPECT_TRUE(rig.broker_has_nothing());
}

// ---- Time ----

// Every deadline so long that it is never met, but for the one under test.
frontend::Patience patient() {
  const auto hour = std::chrono::hours(1);
  return {.head = hour,
          .idle = hour,
          .queued = hour,
          .done = hour,
          .drain = hour,
          .unwatched = hour,
          .tick = std::chrono::milliseconds(5)};
}
constexpr auto kShort = std::chrono::milliseconds(50);

void expect_good_service(Rig& rig) {
  const Client good = rig.connect_unix();
  good.send(get_creds("localhost"));
  rig.answer(true);
  EXPECT_EQ(kAnswer, good.read_all());
}

TEST(FrontendDeadlines, ASilentClientIsClosedAndASlowOneIsToldSo) {
  auto patience = patient();
  patience.head = kShort;
  Rig rig(patience);
  rig.serve();
  const Client silent = rig.connect_tcp();
  const Client slow = rig.connect_unix();
  slow.send("GET /creds HTTP/1.1\r\nHost: local");
  EXPECT_EQ("HTTP/1.1 408 Request Timeout", status_line(slow.read_all()));
  EXPECT_EQ("", silent.read_all());
  EXPECT_TRUE(rig.broker_has_nothing());
}

TEST(FrontendDeadlines, OneByteNowAndThenDoesNotStretchTheDeadline) {
  auto patience = patient();
  patience.head = kShort;
  Rig rig(patience);
  rig.serve();
  const Client slow = rig.connect_unix();
  slow.send("GET /creds HTTP/1.1\r\nX: ");
  while (!await_readable(slow.fd(), 5)) slow.send("x");
  EXPECT_EQ("HTTP/1.1 408 Request Timeout", status_line(slow.read_until("\r\n")));
}

TEST(FrontendDeadlines, AnIdleConnectionIsClosedAfterItsAnswer) {
  auto patience = patient();
  patience.idle = kShort;
  Rig rig(patience);
  rig.serve();
  const Client client = rig.connect_unix();
  client.send(get_creds("localhost"));
  rig.answer(false);
  EXPECT_EQ(kAnswer, client.read_all());
}

TEST(FrontendDeadlines, ALaterRequestsTimeRunsFromItsFirstByte) {
  auto patience = patient();
  patience.head = kShort;
  Rig rig(patience);
  rig.serve();
  const Client client = rig.connect_unix();
  client.send(get_creds("localhost"));
  rig.answer(false);
  EXPECT_EQ(kAnswer, client.read_until("{}"));
  EXPECT_FALSE(await_readable(client.fd(), 200)) << "idle is not slow";
  client.send("GET");
  EXPECT_EQ("HTTP/1.1 408 Request Timeout", status_line(client.read_all()));
}

TEST(FrontendDeadlines, ARefusedClientThatDoesNotCloseIsClosed) {
  auto patience = patient();
  patience.drain = kShort;
  Rig rig(patience);
  rig.serve();
  const Client client = rig.connect_tcp();
  client.send("nonsense\r\n");
  (void)client.read_all();
  char byte = 'x';
  while (::send(client.fd(), &byte, 1, MSG_NOSIGNAL) == 1) ::usleep(5000);  // until the other side is really closed
  SUCCEED();
}

TEST(FrontendDeadlines, ARequestThatTheBrokerDoesNotTakeIsAnsweredBusy) {
  auto patience = patient();
  patience.queued = kShort;
  Rig rig(patience);
  rig.serve();
  std::vector<Client> clients;
  for (std::uint32_t i = 0; i < frontend::kMaxConnections; ++i) {
    clients.push_back(rig.connect_unix());
    clients.back().send(get_creds("localhost"));
  }
  EXPECT_EQ("HTTP/1.1 503 Service Unavailable", status_line(clients.back().read_all()));
  while (!rig.broker_has_nothing()) rig.answer(true);
  expect_good_service(rig);
}

// A broker that does not answer loses the client, not its right to say Done late.
TEST(FrontendDeadlines, ALateDoneIsStillKnown) {
  auto patience = patient();
  patience.done = kShort;
  Rig rig(patience);
  rig.serve();
  for (const bool tcp : {false, true}) {
    const Client client = tcp ? rig.connect_tcp() : rig.connect_unix();
    client.send(get_creds("localhost"));
    const Asked asked = rig.next_request();
    EXPECT_TRUE(client.ended()) << "although the broker still holds the connection";
    rig.done(asked.message.request, false);
    expect_good_service(rig);
  }
}

TEST(FrontendDeadlines, AHangUpDuringALongWaitIsNoticed) {
  auto patience = patient();
  patience.unwatched = kShort;
  Rig rig(patience);
  rig.serve();
  Client client = rig.connect_tcp();
  client.send(get_creds("localhost"));
  const Asked asked = rig.next_request();
  const linger reset{1, 0};
  ASSERT_EQ(0, ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
  client.close();
  ::usleep(200'000);
  expect_good_service(rig);
  rig.done(asked.message.request, false);
  expect_good_service(rig);
}

// Voluntary context switches count wake-ups: they must stop when the last connection is gone.
TEST(FrontendDeadlines, NothingWakesItWhileThereAreNoConnections) {
  Rig rig(patient());
  rig.serve();
  expect_good_service(rig);
  const auto switches = [&rig] {
    std::ifstream status("/proc/" + std::to_string(rig.pid()) + "/status");
    const std::string text((std::istreambuf_iterator<char>(status)), {});
    return text.substr(text.find("\nvoluntary_ctxt_switches"));
  };
  // Twenty ticks without one. The last may be late on a busy machine, so it is looked for again and again.
  const auto is_woken = [&] {
    const std::string before = switches();
    ::usleep(100'000);
    return before != switches();
  };
  int looks = 0;
  while (looks < 100 && is_woken()) ++looks;
  EXPECT_LT(looks, 100);
}

}  // namespace
}  // namespace frontend_test
