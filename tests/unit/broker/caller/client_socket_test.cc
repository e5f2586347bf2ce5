#include "caller/client_socket.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <poll.h>

#include "callers_fixture.h"

namespace broker::testing {
namespace {

class ClientSocketTest : public ::testing::Test {
 protected:
  std::string verdict(UniqueFd fd) {
    auto judged = ClientSocket::check(std::move(fd), listening_.announced());
    return std::string(check_name(judged ? Check::kPassed : judged.error()));
  }
  // Both ends of a connection that a client made to our listener.
  std::pair<UniqueFd, UniqueFd> connection(ipc::Transport transport) {
    UniqueFd client = listening_.connect(transport);
    return {std::move(client), listening_.accept(transport)};
  }
  Listening listening_;
};

TEST_F(ClientSocketTest, WhatIsNoSocketIsRefused) {
  const Pipe pipe;
  EXPECT_EQ(verdict(UniqueFd(::dup(pipe.out.get()))), "not-a-socket");
  EXPECT_EQ(verdict(UniqueFd(::open("/dev/null", O_RDWR))), "not-a-socket");
  EXPECT_EQ(verdict(UniqueFd(::open("/", O_PATH))), "not-a-socket");
  EXPECT_EQ(verdict(UniqueFd(::open(listening_.path().c_str(), O_PATH))), "not-a-socket");
  EXPECT_EQ(verdict(UniqueFd()), "not-a-socket");
}

TEST_F(ClientSocketTest, OtherDomainsTypesAndProtocolsAreRefused) {
  EXPECT_EQ(verdict(UniqueFd(::socket(AF_INET6, SOCK_STREAM, 0))), "socket-domain");
  EXPECT_EQ(verdict(UniqueFd(::socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE))), "socket-domain");
  EXPECT_EQ(verdict(UniqueFd(::socket(AF_INET, SOCK_DGRAM, 0))), "socket-type");
  EXPECT_EQ(verdict(UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET, 0))), "socket-type");
  EXPECT_EQ(verdict(UniqueFd(::socket(AF_UNIX, SOCK_DGRAM, 0))), "socket-type");
  UniqueFd mptcp(::socket(AF_INET, SOCK_STREAM, 262));
  if (mptcp) {
    EXPECT_EQ(verdict(std::move(mptcp)), "socket-protocol");
  }
}

TEST_F(ClientSocketTest, ListenersAreRefused) {
  EXPECT_EQ(verdict(UniqueFd(::dup(listening_.listener(ipc::Transport::Unix)))), "socket-listening");
  EXPECT_EQ(verdict(UniqueFd(::dup(listening_.listener(ipc::Transport::Tcp)))), "socket-listening");
}

TEST_F(ClientSocketTest, UnconnectedSocketsAreRefused) {
  EXPECT_EQ(verdict(UniqueFd(::socket(AF_UNIX, SOCK_STREAM, 0))), "listener-address");
  EXPECT_EQ(verdict(UniqueFd(::socket(AF_INET, SOCK_STREAM, 0))), "listener-address");
}

TEST_F(ClientSocketTest, OwnSocketpairIsRefused) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  EXPECT_EQ(verdict(UniqueFd(ends[0])), "listener-address");
  EXPECT_EQ(verdict(UniqueFd(ends[1])), "listener-address");
}

TEST_F(ClientSocketTest, TheClientsEndIsRefused) {
  for (const ipc::Transport transport : {ipc::Transport::Unix, ipc::Transport::Tcp}) {
    auto [client, server] = connection(transport);
    EXPECT_EQ(verdict(std::move(client)), "listener-address") << ipc::transport_name(transport);
  }
}

TEST_F(ClientSocketTest, ConnectionsOfAnotherListenerAreRefused) {
  Listening other;
  for (const ipc::Transport transport : {ipc::Transport::Unix, ipc::Transport::Tcp}) {
    const UniqueFd client = other.connect(transport);
    EXPECT_EQ(verdict(other.accept(transport)), "listener-address") << ipc::transport_name(transport);
  }
}

TEST_F(ClientSocketTest, TheSamePortOfAnotherAddressIsRefused) {
  const UniqueFd other(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = Listening::loopback(listening_.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);  // 127.0.0.2
  ASSERT_EQ(::bind(other.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(other.get(), 1), 0);
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(verdict(UniqueFd(::accept(other.get(), nullptr, nullptr))), "listener-address");
}

TEST_F(ClientSocketTest, RelativePathIsNotOurPath) {
  // Bound from within the folder, so that only the string differs.
  const UniqueFd before(::open(".", O_RDONLY | O_DIRECTORY));
  ASSERT_EQ(::chdir(listening_.folder().c_str()), 0);
  const UniqueFd listener(Listening::bound_unix("relative"));
  ASSERT_EQ(::fchdir(before.get()), 0);
  const UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = Listening::at_path(listening_.folder() + "/relative");
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(verdict(UniqueFd(::accept(listener.get(), nullptr, nullptr))), "listener-address");
}

TEST_F(ClientSocketTest, ConnectedToItselfIsRefused) {
  // A TCP socket can connect to its own port: both ends are one socket.
  const UniqueFd self(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = Listening::loopback(0);
  ASSERT_EQ(::bind(self.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(self.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  ASSERT_EQ(::connect(self.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  Listeners announced;
  ASSERT_TRUE(announced.add(Listening::opened(ipc::Transport::Tcp, ntohs(address.sin_port), "")));
  const auto judged = ClientSocket::check(UniqueFd(::dup(self.get())), announced);
  ASSERT_FALSE(judged);
  EXPECT_EQ(check_name(judged.error()), "peer-address");
}

TEST_F(ClientSocketTest, ResetConnectionIsRefused) {
  auto [client, server] = connection(ipc::Transport::Tcp);
  const linger reset{1, 0};
  ASSERT_EQ(::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  client.reset();
  EXPECT_EQ(verdict(std::move(server)), "socket-unconnected");
}

TEST_F(ClientSocketTest, MalformedAnnouncementsAreRefused) {
  Listeners announced;
  EXPECT_FALSE(announced.add(Listening::opened(ipc::Transport::Tcp, 0, "")));
  EXPECT_FALSE(announced.add(Listening::opened(ipc::Transport::Tcp, 80, "/x")));
  EXPECT_FALSE(announced.add(Listening::opened(ipc::Transport::Unix, 0, "")));
  EXPECT_FALSE(announced.add(Listening::opened(ipc::Transport::Unix, 0, "x")));
  EXPECT_FALSE(announced.add(Listening::opened(ipc::Transport::Unix, 80, "/x")));
  EXPECT_FALSE(announced.add(Listening::opened(static_cast<ipc::Transport>(3), 80, "")));
}

TEST_F(ClientSocketTest, ClientsOfOurListenersPass) {
  for (const ipc::Transport transport : {ipc::Transport::Unix, ipc::Transport::Tcp}) {
    auto [client, server] = connection(transport);
    auto judged = ClientSocket::check(std::move(server), listening_.announced());
    ASSERT_TRUE(judged) << check_name(judged.error());
    EXPECT_EQ(judged->transport(), transport);
    EXPECT_TRUE(judged->peer_unchanged());
  }
}

// The other holder of a TCP connection can lead it elsewhere (broker/caller/KERNEL.md, fact 2).
TEST_F(ClientSocketTest, RedirectedConnectionIsNoticed) {
  auto [client, server] = connection(ipc::Transport::Tcp);
  const UniqueFd shared(::dup(server.get()));
  auto judged = ClientSocket::check(std::move(server), listening_.announced());
  ASSERT_TRUE(judged);
  const Listening evil;
  const sockaddr unspecified{.sa_family = AF_UNSPEC, .sa_data = {}};
  ASSERT_EQ(::connect(shared.get(), &unspecified, sizeof unspecified), 0);
  EXPECT_FALSE(judged->peer_unchanged());  // disconnected
  const sockaddr_in elsewhere = Listening::loopback(evil.port());
  ASSERT_EQ(::connect(shared.get(), reinterpret_cast<const sockaddr*>(&elsewhere), sizeof elsewhere), 0);
  EXPECT_FALSE(judged->peer_unchanged());  // connected to somebody else
}

TEST_F(ClientSocketTest, UnixConnectionCannotBeRedirected) {
  auto [client, server] = connection(ipc::Transport::Unix);
  const sockaddr unspecified{.sa_family = AF_UNSPEC, .sa_data = {}};
  EXPECT_NE(::connect(server.get(), &unspecified, sizeof unspecified), 0);
  const sockaddr_un elsewhere = Listening::at_path(listening_.path());
  EXPECT_NE(::connect(server.get(), reinterpret_cast<const sockaddr*>(&elsewhere), sizeof elsewhere), 0);
}

// What the error queue of `fd` holds, such as a copy of what was sent.
std::string error_queue(int fd) {
  pollfd ready{fd, POLLERR, 0};
  ::poll(&ready, 1, 200);
  char bytes[512], control[512];
  iovec part{bytes, sizeof bytes};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t got = ::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
  return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string();
}

constexpr int kEveryTimestamp =
    SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_SOFTWARE;

// First that the trick works where nothing stops it (broker/caller/KERNEL.md, fact 1): otherwise the second half would
// prove nothing.
TEST_F(ClientSocketTest, ErrorQueueShowsWhatIsSentUnlessTimestampingWasCleared) {
  auto [client, server] = connection(ipc::Transport::Tcp);
  const UniqueFd shared(::dup(server.get()));
  ASSERT_EQ(::setsockopt(shared.get(), SOL_SOCKET, SO_TIMESTAMPING, &kEveryTimestamp, sizeof kEveryTimestamp), 0);
  ASSERT_EQ(::send(server.get(), "SECRET-1", 8, MSG_NOSIGNAL), 8);
  if (error_queue(shared.get()).find("SECRET-1") == std::string::npos) GTEST_SKIP() << "this kernel loops no data back";
  while (!error_queue(shared.get()).empty()) {
  }
  auto judged = ClientSocket::check(std::move(server), listening_.announced());
  ASSERT_TRUE(judged);
  ASSERT_EQ(::send(judged->fd(), "SECRET-2", 8, MSG_NOSIGNAL), 8);
  EXPECT_EQ(error_queue(shared.get()), "");
}

TEST_F(ClientSocketTest, TimestampingInheritedFromTheListenerIsCleared) {
  const int listener = listening_.listener(ipc::Transport::Tcp);
  ASSERT_EQ(::setsockopt(listener, SOL_SOCKET, SO_TIMESTAMPING, &kEveryTimestamp, sizeof kEveryTimestamp), 0);
  auto [client, server] = connection(ipc::Transport::Tcp);
  auto judged = ClientSocket::check(std::move(server), listening_.announced());
  ASSERT_TRUE(judged);
  ASSERT_EQ(::send(judged->fd(), "SECRET-3", 8, MSG_NOSIGNAL), 8);
  EXPECT_EQ(error_queue(judged->fd()), "");
}

}  // namespace
}  // namespace broker::testing
