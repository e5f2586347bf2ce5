#include "status/ask.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "child/environment.h"
#include "ipc/client/served_profiles.h"
#include "ipc/text/ip_address.h"
#include "ipc/unique_fd.h"

namespace supervisor {
namespace {

using ipc::Fault;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostAnswer = 16 * 1024, kMostToken = 256;
constexpr std::string_view kEnded = "its run has ended, or this program sees another file system than the run does";

std::unexpected<ipc::Error> malformed(std::string_view name) {
  return ipc::fail(Fault::kConfig, "the variable " + std::string(name) + " is malformed",
                   "start it under sentinel exec");
}

bool wait_for(int fd, short events, Clock::time_point end) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd ready{fd, events, 0};
    if (left <= 0) return false;
    const int got = ::poll(&ready, 1, static_cast<int>(left));
    if (got > 0) return true;
    if (got < 0 && errno != EINTR) return false;
  }
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

struct Server {
  ipc::UniqueFd connection;
  std::string_view token;
  std::string path = "/status";
};

ipc::Result<ipc::UniqueFd> connected(const sockaddr* address, socklen_t size, Clock::time_point end) {
  ipc::UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return ipc::system_error("cannot reach the run's server");
  if (::connect(fd.get(), address, size) == 0) return fd;
  int error = errno;
  socklen_t length = sizeof error;
  const bool may_come = error == EINPROGRESS && wait_for(fd.get(), POLLOUT, end);
  if (may_come && ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0) return fd;
  errno = error;
  ipc::Error failed = ipc::system_error("cannot reach the run's server", kEnded).error();
  failed.fault = Fault::kUnavailable;
  return std::unexpected(std::move(failed));
}

// What AWS_PROFILE chooses for the AWS tools; the section [default] is the first profile's, whatever that is called.
std::string status_path(const std::vector<std::string>& environment) {
  const std::string_view profile = environment_value(environment, "AWS_PROFILE");
  if (profile == "default" || !ipc::is_profile_name(profile)) return "/status";
  return "/status/" + ipc::profile_in_path(profile);
}

ipc::Result<Server> reach_unix(const std::vector<std::string>& environment, Clock::time_point end) {
  const std::string_view path = environment_value(environment, "SENTINEL_UNIX_SOCKET");
  const auto expected = number_in<pid_t>(environment_value(environment, "SENTINEL_SERVER_PID"));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return malformed("SENTINEL_UNIX_SOCKET");
  if (!expected) return malformed("SENTINEL_SERVER_PID");
  path.copy(address.sun_path, path.size());
  auto fd = connected(reinterpret_cast<const sockaddr*>(&address), sizeof address, end);
  if (!fd) return std::unexpected(fd.error());
  ucred server{};
  socklen_t size = sizeof server;
  if (::getsockopt(fd->get(), SOL_SOCKET, SO_PEERCRED, &server, &size) != 0)
    return ipc::system_error("the kernel does not say who answers");
  // From another pid namespace the kernel says 0: what cannot be known is not compared.
  if (server.uid != ::geteuid() || (server.pid != 0 && server.pid != *expected)) {
    return ipc::fail(Fault::kRefused, "another process than this run's server listens at " + std::string(path),
                     "nothing was sent to it; find out what it is, and start sentinel anew");
  }
  return Server{std::move(*fd), environment_value(environment, "SENTINEL_AUTH_TOKEN"), status_path(environment)};
}

// "http://127.0.0.1:45678/creds", as child/environment.cc writes it.
ipc::Result<Server> reach_tcp(const std::vector<std::string>& environment, Clock::time_point end) {
  constexpr std::string_view kName = "AWS_CONTAINER_CREDENTIALS_FULL_URI", kPath = "/creds";
  const std::string before = "http://" + std::string(ipc::kServedAddress) + ":";
  std::string_view url = environment_value(environment, kName);
  if (!url.starts_with(before) || !url.ends_with(kPath)) return malformed(kName);
  const auto port = number_in<std::uint16_t>(url.substr(before.size(), url.size() - before.size() - kPath.size()));
  if (!port) return malformed(kName);
  // The broker finds a TCP client among the open files of the command's tree. What this process holds, each program of
  // the tree has in its environment.
  if (::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) return ipc::system_error("this process cannot be made visible");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(*port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto fd = connected(reinterpret_cast<const sockaddr*>(&address), sizeof address, end);
  if (!fd) return std::unexpected(fd.error());
  return Server{std::move(*fd), environment_value(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN")};
}

ipc::Status send_question(const Server& server, Clock::time_point end) {
  if (server.token.empty() || server.token.size() > kMostToken ||
      server.token.find_first_of("\r\n") != server.token.npos)
    return malformed("of the bearer token");
  ipc::Secret<kMostToken + ipc::kMaxProfileInPath + 128> question;
  std::string text = "GET " + server.path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: ";
  text.reserve(text.size() + server.token.size() + 4);
  ((text += server.token) += "\r\n\r\n");
  const bool fits = question.assign(text);
  ipc::wipe(text.data(), text.size());
  std::string_view left = fits ? question.reveal() : std::string_view{};
  while (!left.empty()) {
    const ssize_t sent = ::send(server.connection.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (sent > 0) left.remove_prefix(static_cast<std::size_t>(sent));
    if (sent >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN || !wait_for(server.connection.get(), POLLOUT, end))
      return ipc::system_error("cannot ask the run's server", kEnded);
  }
  return {};
}

ipc::Result<std::string> receive_answer(int fd, Clock::time_point end) {
  std::string text(kMostAnswer, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::recv(fd, text.data() + size, text.size() - size, 0);
    if (got == 0 || (got < 0 && errno == ECONNRESET && size > 0)) break;
    if (got > 0) size += static_cast<std::size_t>(got);
    if (got >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN) return ipc::system_error("the run's server does not answer", kEnded);
    if (!wait_for(fd, POLLIN, end))
      return ipc::fail(Fault::kUnavailable, "the run's server does not answer within 5 seconds", "try again");
  }
  text.resize(size);
  return text;
}

ipc::Result<ipc::RunStatus> read_answer(std::string_view text) {
  const std::size_t head = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || head == text.npos)
    return ipc::fail(Fault::kUnavailable, "the run's server gave no answer", std::string(kEnded));
  const std::string_view code = text.substr(9, 3);
  if (code == "503") return ipc::fail(Fault::kUnavailable, "the run's server is busy", "try again");
  if (code != "200") {
    return ipc::fail(Fault::kRefused, "the run's server refuses to say how it stands",
                     "the terminal that runs sentinel, and the decision log, tell why");
  }
  auto status = ipc::read_run_status(text.substr(head + 4));
  if (status && !status->profile.empty()) return std::move(*status);
  return ipc::fail(Fault::kProtocol, "what the run's server says is of another build", "start the run anew");
}

}  // namespace

bool is_served(const std::vector<std::string>& environment) {
  return !environment_value(environment, "SENTINEL_UNIX_SOCKET").empty() ||
         (!environment_value(environment, "AWS_SENTINEL").empty() &&
          !environment_value(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI").empty());
}

ipc::Result<ipc::RunStatus> ask_status(const std::vector<std::string>& environment) {
  const auto end = Clock::now() + kAnswerLimit;
  const bool by_unix = !environment_value(environment, "SENTINEL_UNIX_SOCKET").empty();
  const auto server = by_unix ? reach_unix(environment, end) : reach_tcp(environment, end);
  if (!server) return std::unexpected(server.error());
  if (ipc::Status asked = send_question(*server, end); !asked) return std::unexpected(asked.error());
  const auto answer = receive_answer(server->connection.get(), end);
  return answer ? read_answer(*answer) : std::unexpected(answer.error());
}

}  // namespace supervisor
