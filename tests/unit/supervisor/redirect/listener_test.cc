#include "redirect/listener.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "redirect/peer_user.h"

namespace supervisor {
namespace {

constexpr std::string_view kOurState = "s-0123456789abcdef_ABCDEF";

class RedirectListenerTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(listener_) << listener_.error().what; }

  ipc::UniqueFd connect() {
    ipc::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(listener_->port());
    EXPECT_EQ(0, ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
    return fd;
  }
  ipc::UniqueFd ask(const std::string& text) {
    ipc::UniqueFd fd = connect();
    EXPECT_EQ(static_cast<ssize_t>(text.size()), ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL));
    return fd;
  }
  std::string request(std::string_view members) {
    return "GET /oauth/callback?" + std::string(members) +
           " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(listener_->port()) + "\r\n\r\n";
  }
  std::string good() { return request("code=the-code&state=" + std::string(kOurState)); }
  // As the keeper: sleeps until there is something to do.
  bool wait_and_work() {
    std::vector<pollfd> polled;
    listener_->add_to(polled);
    EXPECT_GT(::poll(polled.data(), polled.size(), -1), 0);
    return listener_->work(kOurState);
  }
  // The whole answer; the connection is ended behind it.
  static std::string answer_of(const ipc::UniqueFd& fd) {
    std::string text;
    char part[512];
    for (ssize_t got; (got = ::recv(fd.get(), part, sizeof part, 0)) > 0;)
      text.append(part, static_cast<std::size_t>(got));
    return text;
  }

  ipc::Result<RedirectListener> listener_ = RedirectListener::open();
};

TEST_F(RedirectListenerTest, TheKernelSaysWhoseTheOtherEndIs) {
  const ipc::UniqueFd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(0, ::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), size));
  ASSERT_EQ(0, ::listen(listening.get(), 1));
  ASSERT_EQ(0, ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size));
  ipc::UniqueFd other(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(0, ::connect(other.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
  const ipc::UniqueFd accepted(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_EQ(::geteuid(), user_of_peer(accepted.get()));
  EXPECT_FALSE(user_of_peer(listening.get())) << "it has no other end";
  other.reset();
  EXPECT_FALSE(user_of_peer(accepted.get())) << "the other end has gone";
}

TEST_F(RedirectListenerTest, StrangersAreToldNothingAndEndNothing) {
  for (const std::string& text :
       {request("code=theirs&state=guessed"), request("error=access_denied"), std::string("GET / HTTP/1.1\r\n\r\n"),
        std::string("\r\n\r\n"), std::string(kMaxRedirectHead, 'x')}) {
    const ipc::UniqueFd stranger = ask(text);
    std::string answer;
    while (!wait_and_work()) {
      char part[1];
      if (::recv(stranger.get(), part, 1, MSG_PEEK | MSG_DONTWAIT) > 0) break;
    }
    answer = answer_of(stranger);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 404 ")) << answer;
    EXPECT_EQ(answer.find("theirs"), std::string::npos) << answer;
  }
  const ipc::UniqueFd browser = ask(good());
  while (!wait_and_work()) {
  }
  EXPECT_EQ("the-code", listener_->code());
}

TEST_F(RedirectListenerTest, WhoStaysSilentHoldsUpNobody) {
  std::vector<ipc::UniqueFd> silent;
  for (std::size_t i = 0; i < 3 * RedirectListener::kMostConnections; ++i) {
    silent.push_back(connect());
    EXPECT_FALSE(wait_and_work());
  }
  const ipc::UniqueFd browser = ask(good());
  while (!wait_and_work()) {
  }
  EXPECT_EQ("the-code", listener_->code());
  EXPECT_TRUE(answer_of(browser).starts_with("HTTP/1.1 200 OK\r\n"));
  std::vector<pollfd> polled;
  listener_->add_to(polled);
  EXPECT_EQ(1U, polled.size()) << "the connections of all others are ended";
}

TEST_F(RedirectListenerTest, ARequestMayComeInPieces) {
  const std::string whole = good();
  const ipc::UniqueFd browser = ask(whole.substr(0, 20));
  EXPECT_FALSE(wait_and_work());
  EXPECT_EQ(static_cast<ssize_t>(whole.size() - 20), ::send(browser.get(), whole.data() + 20, whole.size() - 20, 0));
  while (!wait_and_work()) {
  }
  EXPECT_EQ("the-code", listener_->code());
}

TEST_F(RedirectListenerTest, OneCodeIsTaken) {
  const ipc::UniqueFd first = ask(good());
  while (!wait_and_work()) {
  }
  EXPECT_FALSE(listener_->work(kOurState));
  const ipc::UniqueFd second(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(listener_->port());
  EXPECT_NE(0, ::connect(second.get(), reinterpret_cast<sockaddr*>(&address), sizeof address)) << "nobody listens";
}

TEST_F(RedirectListenerTest, ADenialIsSaid) {
  const ipc::UniqueFd browser = ask(request("error=access_denied&state=" + std::string(kOurState)));
  while (!wait_and_work()) {
  }
  EXPECT_EQ("access_denied", listener_->error());
  EXPECT_EQ("", listener_->code());
  EXPECT_NE(answer_of(browser).find("not completed"), std::string::npos);
}

}  // namespace
}  // namespace supervisor
