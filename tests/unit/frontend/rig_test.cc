#include "rig.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "channel_numbers.h"
#include "ending.h"
#include "sandbox.h"
#include "supervisor_link.h"

namespace frontend_test {
namespace {

// Built beside this program: <build>/tests/unit_frontend, <build>/frontend/sentinel-frontend.
std::string frontend_program() {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return self.parent_path().parent_path() / "frontend" / "sentinel-frontend";
}

// As main.cc does it.
[[noreturn]] void run_here(int control, const frontend::Patience& patience) {
  if (control != frontend::kControlDescriptor) ::dup2(control, frontend::kControlDescriptor);
  auto adopted = frontend::adopt_control_channel();
  if (!adopted) frontend::end_run(frontend::Ending::NoControl);
  event_base* const base = event_base_new();
  frontend::Server server(base, {.patience = patience});
  frontend::SupervisorLink supervisor(base, std::move(*adopted), server);
  if (!frontend::settle_descriptors()) frontend::end_run(frontend::Ending::NotPrepared);
  const auto protections = frontend::enter_sandbox();
  if (!protections) frontend::end_run(frontend::Ending::NotLockedDown);
  supervisor.report_locked_down(*protections);
  event_base_dispatch(base);
  frontend::end_run(frontend::Ending::KernelRefused);
}

[[noreturn]] void run_program(int control) {
  const std::string program = frontend_program();
  // Not close-on-exec, at 3; a descriptor that happens to be 3 already keeps its flag under dup2.
  if (control == 3) ::fcntl(3, F_SETFD, 0);
  if (control != 3) ::dup2(control, 3);
  ::close_range(4, ~0U, 0);
  ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
  ::execl(program.c_str(), program.c_str(), nullptr);
  ::perror(program.c_str());
  ::_exit(127);
}

// The other ends of the channels must go, or neither side would ever see the other's end.
pid_t start(int control, std::initializer_list<int> not_inherited, const std::optional<frontend::Patience>& patience) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int fd : not_inherited) ::close(fd);
  if (patience) run_here(control, *patience);
  run_program(control);
}

void set_deadline(int fd) {
  const timeval patience{kSoonMs / 1000, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

sockaddr_un unix_address(const std::string& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s/s", folder.c_str());
  return address;
}

sockaddr_in tcp_address(ipc::U16 port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

template <class Address>
ipc::UniqueFd listen_on(const Address& address) {
  ipc::UniqueFd fd(::socket(address.sin_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  EXPECT_EQ(0, ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  EXPECT_EQ(0, ::listen(fd.get(), 1024));
  return fd;
}

ipc::UniqueFd listen_unix(const std::string& folder) {
  const sockaddr_un address = unix_address(folder);
  ipc::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  EXPECT_EQ(0, ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  EXPECT_EQ(0, ::listen(fd.get(), 1024));
  return fd;
}

ipc::U16 port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  EXPECT_EQ(0, ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size));
  return ntohs(address.sin_port);
}

}  // namespace

bool await_readable(int fd, int milliseconds) {
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, milliseconds) == 1;
}

std::string get_creds(std::string_view host, std::string_view more) {
  return "GET /creds HTTP/1.1\r\nHost: " + std::string(host) + "\r\nConnection: keep-alive\r\n" + std::string(more) +
         "\r\n";
}

void Client::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // refused before all was said; the test sees it in the answer
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string Client::read_until(std::string_view text) const {
  std::string seen;
  char bytes[4096];
  while (text.empty() || seen.find(text) == std::string::npos) {
    const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (got < 0) seen += errno == EAGAIN ? "(nothing more came)" : "(reset)";
    if (got <= 0) return seen;
    seen.append(bytes, static_cast<std::size_t>(got));
  }
  return seen;
}

bool Client::ended() const {
  char byte;
  const ssize_t got = ::recv(fd_.get(), &byte, 1, 0);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

Rig::Rig(std::optional<frontend::Patience> patience) {
  char folder[] = "/tmp/sentinel-frontend-XXXXXX";
  folder_ = ::mkdtemp(folder);
  unix_ = listen_unix(folder_);
  tcp_ = listen_on(tcp_address(0));
  port_ = port_of(tcp_.get());
  auto control = ipc::Channel::attested_pair();
  auto link = ipc::Channel::attested_pair();
  supervisor_ = ipc::Channel(std::move(control->first), ipc::Side::Supervisor, ipc::Side::Frontend);
  broker_ = ipc::Channel(std::move(link->first), ipc::Side::Broker, ipc::Side::Frontend);
  broker_.gate().enter_serving();
  broker_end_of_frontend_ = std::move(link->second);
  pid_ = start(control->second.get(), {supervisor_.fd(), broker_.fd(), broker_end_of_frontend_.get()}, patience);
  supervisor_.only_from(pid_);
  broker_.only_from(pid_);
}

Rig::~Rig() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::filesystem::remove_all(folder_);
}

ipc::FrontendLockedDown Rig::await_locked_down() {
  ipc::Packet packet;
  EXPECT_TRUE(await_readable(supervisor_.fd())) << "no FrontendLockedDown";
  const auto arrival = supervisor_.receive(packet);
  if (!arrival || *arrival != ipc::Arrival::Message) {
    ADD_FAILURE() << "the frontend ended with wait status " << wait_for_end();
    return {};
  }
  return ipc::open_packet<ipc::FrontendLockedDown>(packet).value();
}

void Rig::give_broker() {
  ipc::BrokerChannel message;
  message.pid = static_cast<ipc::U32>(::getpid());
  ASSERT_TRUE(supervisor_.send(message, broker_end_of_frontend_.get()));
  broker_end_of_frontend_.reset();
}

void Rig::give_unix_listener() {
  ipc::Listener message;
  message.transport = ipc::Transport::Unix;
  ASSERT_TRUE(supervisor_.send(message, unix_.get()));
}

void Rig::give_listeners() {
  give_unix_listener();
  ipc::Listener message;
  message.transport = ipc::Transport::Tcp;
  message.port = port_;
  ASSERT_TRUE(supervisor_.send(message, tcp_.get()));
}

void Rig::serve() {
  EXPECT_EQ(ipc::kProtocolHash, await_locked_down().protocol);
  give_broker();
  give_listeners();
}

Client Rig::connect_unix() const {
  const sockaddr_un address = unix_address(folder_);
  ipc::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  set_deadline(fd.get());
  EXPECT_EQ(0, ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  return Client(std::move(fd));
}

Client Rig::connect_tcp() const {
  const sockaddr_in address = tcp_address(port_);
  ipc::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  set_deadline(fd.get());
  EXPECT_EQ(0, ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  return Client(std::move(fd));
}

Asked Rig::next_request() {
  Asked asked;
  ipc::Packet packet;
  EXPECT_TRUE(await_readable(broker_.fd())) << "the broker was not asked";
  const auto arrival = broker_.receive(packet);
  if (!arrival || *arrival != ipc::Arrival::Message) {
    ADD_FAILURE() << (arrival ? "no ServeClient came" : arrival.error().what);
    return asked;
  }
  asked.message = ipc::open_packet<ipc::ServeClient>(packet).value();
  asked.client = std::move(packet.descriptor);
  return asked;
}

bool Rig::broker_has_nothing() { return !await_readable(broker_.fd(), 0); }

void Rig::done(ipc::U32 request, bool closed) {
  ipc::Done message;
  message.request = request;
  message.closed = closed;
  // The frontend takes them as they come; a short queue of ours is no failure.
  ipc::Status sent = broker_.send(message);
  for (int waited = 0; !sent && sent.error().sys_errno == EAGAIN && waited < kSoonMs; ++waited) {
    ::usleep(1000);
    sent = broker_.send(message);
  }
  ASSERT_TRUE(sent) << sent.error().what;
}

ipc::ServeClient Rig::answer(bool closed) {
  Asked asked = next_request();
  EXPECT_EQ(static_cast<ssize_t>(kAnswer.size()),
            ::send(asked.client.get(), kAnswer.data(), kAnswer.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  asked.client.reset();
  done(asked.message.request, closed);
  return std::move(asked.message);
}

int Rig::wait_for_end() {
  int status = -1;
  for (int waited = 0; waited < kSoonMs; waited += 10) {
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return status;
    }
    ::usleep(10'000);
  }
  ADD_FAILURE() << "the frontend goes on";
  return status;
}

// The rig itself is tested by its first use.
TEST(Rig, ServesOneRequestOnEachTransport) {
  Rig rig;
  rig.serve();
  const Client over_unix = rig.connect_unix();
  over_unix.send(get_creds("localhost", "Authorization: token-1\r\n"));
  const ipc::ServeClient first = rig.answer(true);
  EXPECT_EQ("token-1", first.authorization.reveal());
  EXPECT_EQ(ipc::Transport::Unix, first.transport);
  EXPECT_EQ(kAnswer, over_unix.read_all());

  const Client over_tcp = rig.connect_tcp();
  over_tcp.send(get_creds("127.0.0.1:" + std::to_string(rig.port())));
  EXPECT_EQ(ipc::Transport::Tcp, rig.answer(true).transport);
  EXPECT_EQ(kAnswer, over_tcp.read_all());
}

}  // namespace frontend_test
