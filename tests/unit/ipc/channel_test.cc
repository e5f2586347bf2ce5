// The channel against a peer that sends everything it must not: one test per descriptor check.
#include "ipc/channel.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <vector>

namespace {

using ipc::Arrival;
using ipc::Channel;
using ipc::Packet;
using ipc::Side;

int open_descriptors() {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

// A raw end to send anything from, and the broker's end of a frontend channel, already serving.
class ChannelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ends = Channel::socket_pair();
    ASSERT_TRUE(ends);
    raw_ = std::move(ends->first);
    channel_ = Channel(std::move(ends->second), Side::Broker, Side::Frontend);
    channel_.gate().enter_serving();
  }

  static std::string serve_client() {
    std::array<char, ipc::kMaxPacketBytes> bytes;
    ipc::ServeClient message;
    message.transport = ipc::Transport::Unix;
    return std::string(bytes.data(), ipc::encode(message, bytes));
  }

  void send_raw(std::string_view bytes, const std::vector<int>& fds = {}, int type = SCM_RIGHTS) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    std::vector<char> control(CMSG_SPACE(sizeof(int) * fds.size()) + CMSG_SPACE(sizeof(ucred)));
    if (!fds.empty()) {
      header.msg_control = control.data();
      header.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
      cmsghdr* c = CMSG_FIRSTHDR(&header);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = type;
      c->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
      std::memcpy(CMSG_DATA(c), fds.data(), sizeof(int) * fds.size());
    }
    ASSERT_GE(::sendmsg(raw_.get(), &header, 0), 0) << std::strerror(errno);
  }

  void expect_refused() {
    const int before = open_descriptors();
    Packet packet;
    const auto arrival = channel_.receive(packet);
    ASSERT_FALSE(arrival);
    EXPECT_EQ(arrival.error().fault, ipc::Fault::kProtocol);
    EXPECT_EQ(open_descriptors(), before) << "a refused packet left a descriptor open";
  }

  ipc::UniqueFd raw_;
  Channel channel_;
  ipc::UniqueFd spare_{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
};

TEST_F(ChannelTest, RefusesAPacketWithoutItsDescriptor) {
  send_raw(serve_client());
  expect_refused();
}

TEST_F(ChannelTest, RefusesTwoDescriptorsAndClosesBoth) {
  send_raw(serve_client(), {spare_.get(), spare_.get()});
  expect_refused();
}

TEST_F(ChannelTest, RefusesMoreDescriptorsThanTheControlBufferHolds) {
  send_raw(serve_client(), std::vector<int>(20, spare_.get()));
  expect_refused();
}

TEST_F(ChannelTest, RefusesADescriptorOnAMessageThatCarriesNone) {
  auto ends = Channel::socket_pair();
  Channel frontend(std::move(ends->second), Side::Frontend, Side::Broker);
  frontend.gate().enter_serving();
  raw_ = std::move(ends->first);
  channel_ = std::move(frontend);
  std::array<char, 64> bytes;
  send_raw({bytes.data(), ipc::encode(ipc::Done{}, bytes)}, {spare_.get()});
  expect_refused();
}

TEST_F(ChannelTest, RefusesControlDataOfAnotherType) {
  const int on = 1;
  ASSERT_EQ(::setsockopt(channel_.fd(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);
  send_raw(serve_client(), {spare_.get()});
  expect_refused();
}

// ---- whose packet it is ----

class AttestedChannelTest : public ChannelTest {
 protected:
  void SetUp() override {
    auto ends = Channel::attested_pair();
    ASSERT_TRUE(ends);
    raw_ = std::move(ends->first);
    channel_ = Channel(std::move(ends->second), Side::Broker, Side::Frontend);
    channel_.gate().enter_serving();
    channel_.only_from(::getpid());
  }

  template <class Act>
  pid_t in_a_child(Act act) {
    const pid_t child = ::fork();
    if (child == 0) {
      act();
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    return child;
  }

  void expect_stranger(pid_t pid) {
    expect_refused();
    ASSERT_TRUE(channel_.stranger());
    EXPECT_EQ(channel_.stranger()->pid, pid);
    EXPECT_EQ(channel_.stranger()->uid, ::geteuid());
  }
};

TEST_F(AttestedChannelTest, TakesThePacketsOfItsPeer) {
  send_raw(serve_client(), {spare_.get()});
  Packet packet;
  ASSERT_EQ(channel_.receive(packet).value(), Arrival::Message);
  EXPECT_TRUE(packet.descriptor);
  EXPECT_EQ(channel_.receive(packet).value(), Arrival::Nothing);
  EXPECT_FALSE(channel_.stranger());
  raw_.reset();
  EXPECT_EQ(channel_.receive(packet).value(), Arrival::PeerGone);
}

TEST_F(AttestedChannelTest, RefusesThePacketOfAnotherProcessAndClosesItsDescriptor) {
  expect_stranger(in_a_child([this] { send_raw(serve_client(), {spare_.get()}); }));
}

TEST_F(AttestedChannelTest, ReadsTheEmptyPacketOfItsPeerAsTheEnd) {
  send_raw("");
  Packet packet;
  EXPECT_EQ(channel_.receive(packet).value(), Arrival::PeerGone);
}

TEST_F(AttestedChannelTest, RefusesTheEmptyPacketOfAnotherProcess) {
  expect_stranger(in_a_child([this] { send_raw(""); }));
}

// Only root may say another number than its own.
TEST_F(AttestedChannelTest, AnotherProcessCannotSayThatItIsThePeer) {
  const pid_t own = ::getpid();
  int status = 0;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
    const std::string bytes = serve_client();
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))] = {};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_CREDENTIALS;
    c->cmsg_len = CMSG_LEN(sizeof(ucred));
    const ucred lie{own, ::geteuid(), ::getegid()};
    std::memcpy(CMSG_DATA(c), &lie, sizeof lie);
    ::_exit(::sendmsg(raw_.get(), &header, 0) < 0 && errno == EPERM ? 0 : 1);
  }
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(AttestedChannelTest, RefusesEveryPacketWhereTheKernelDoesNotSayWhoseItIs) {
  auto ends = Channel::socket_pair();
  raw_ = std::move(ends->first);
  channel_ = Channel(std::move(ends->second), Side::Broker, Side::Frontend);
  channel_.only_from(::getpid());
  send_raw(serve_client(), {spare_.get()});
  expect_refused();
  EXPECT_EQ(channel_.stranger()->pid, 0);
}

TEST_F(AttestedChannelTest, WhoMadeThePairIsKnownAtBothEnds) {
  auto ends = Channel::attested_pair();
  int status = 0;
  const pid_t child = ::fork();
  if (child == 0) {
    Channel theirs(std::move(ends->second), Side::Frontend, Side::Supervisor);
    Packet packet;
    if (!theirs.only_from_maker()) ::_exit(1);
    pollfd ready{theirs.fd(), POLLIN, 0};
    (void)::poll(&ready, 1, -1);
    const auto arrival = theirs.receive(packet);
    ::_exit(arrival && *arrival == Arrival::Message ? 0 : 2);
  }
  Channel ours(std::move(ends->first), Side::Supervisor, Side::Frontend);
  EXPECT_TRUE(ours.send(ipc::BrokerChannel{}, spare_.get()));
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(ChannelTest, RefusesAPacketThatIsTooLarge) {
  send_raw(std::string(ipc::kMaxRunPacketBytes + 1, '\0'));
  expect_refused();
}

TEST_F(ChannelTest, RefusesAPacketTooShortForItsId) {
  send_raw("x");
  expect_refused();
}

TEST_F(ChannelTest, RefusesAnUnknownMessageAndClosesItsDescriptor) {
  send_raw("\xff\xff", {spare_.get()});
  expect_refused();
}

TEST_F(ChannelTest, ReadsAnEmptyPacketAsTheEnd) {
  send_raw("");
  Packet packet;
  EXPECT_EQ(channel_.receive(packet).value(), Arrival::PeerGone);
}

TEST_F(ChannelTest, SaysNothingWhenNothingIsThere) {
  Packet packet;
  EXPECT_EQ(channel_.receive(packet).value(), Arrival::Nothing);
}

TEST_F(ChannelTest, NothingOfAPacketIsLeftWhenThereAreNoMore) {
  ipc::ServeClient message;
  ASSERT_TRUE(message.authorization.assign("a bearer token"));
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Channel sender(std::move(raw_), Side::Frontend, Side::Broker);
  ASSERT_TRUE(sender.send(message, ends[0]));
  Packet packet;
  ASSERT_EQ(channel_.receive(packet).value(), Arrival::Message);
  const std::string_view payload = packet.payload;
  ASSERT_NE(payload.find("a bearer token"), std::string_view::npos);
  Packet next;
  EXPECT_EQ(channel_.receive(next).value(), Arrival::Nothing);
  EXPECT_EQ(payload.find_first_not_of('\0'), std::string_view::npos);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(ChannelTest, NoticesThatThePeerIsGone) {
  raw_.reset();
  Packet packet;
  EXPECT_EQ(channel_.receive(packet).value(), Arrival::PeerGone);
}

TEST_F(ChannelTest, HandsAMessageToWhatTakesItsKind) {
  send_raw(serve_client(), {spare_.get()});
  Packet packet;
  ASSERT_EQ(channel_.receive(packet).value(), Arrival::Message);
  std::string taken;
  const auto take = [&](auto& message) {
    taken += std::to_string(message.kId);
    return ipc::Status{};
  };
  EXPECT_TRUE((ipc::open_as_one_of<ipc::Done, ipc::ServeClient>(packet, take)));
  EXPECT_EQ(taken, "13");
  const auto no_receiver = ipc::open_as_one_of<ipc::Done>(packet, take);
  EXPECT_EQ(no_receiver.error().fault, ipc::Fault::kProtocol);
  EXPECT_EQ(no_receiver.error().what, "message 13 has no receiver here");
  packet.payload.remove_suffix(1);
  const auto malformed = ipc::open_as_one_of<ipc::Done, ipc::ServeClient>(packet, take);
  EXPECT_EQ(malformed.error().fault, ipc::Fault::kProtocol);
  EXPECT_EQ(malformed.error().what, "ServeClient is malformed");
  const auto refuse = [](auto&) { return ipc::fail(ipc::Fault::kRefused, "no"); };
  EXPECT_EQ((ipc::open_as_one_of<ipc::PolicyVersions>(Packet{ipc::PolicyVersions::kId, {}, {}}, refuse)).error().what,
            "no");
  EXPECT_EQ(taken, "13");
}

TEST_F(ChannelTest, GivesTheDescriptorCloseOnExec) {
  send_raw(serve_client(), {spare_.get()});
  Packet packet;
  ASSERT_EQ(channel_.receive(packet).value(), Arrival::Message);
  EXPECT_EQ(packet.id, ipc::ServeClient::kId);
  ASSERT_TRUE(packet.descriptor);
  EXPECT_NE(::fcntl(packet.descriptor.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_TRUE(ipc::open_packet<ipc::ServeClient>(packet));
}

TEST_F(ChannelTest, SendFailsAtOnceWhenThePeersQueueIsFull) {
  auto ends = Channel::socket_pair();
  Channel sender(std::move(ends->first), Side::Broker, Side::Frontend);
  ipc::Status sent;
  for (int i = 0; i < 100000 && sent; ++i) sent = sender.send(ipc::Done{});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().sys_errno, EAGAIN);
}

}  // namespace
