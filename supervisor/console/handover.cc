#include "console/handover.h"

#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "errands/login_page.h"
#include "errands/programs.h"
#include "ipc/secret.h"
#include "ipc/unique_fd.h"
#include "redirect/peer_user.h"
#include "run_files/listeners.h"

namespace supervisor {
namespace {

using ipc::Fault;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kPrintIt = "add --stdout, and open the address that is printed";
constexpr std::size_t kMostHead = 32 * 1024;  // of a request: a browser sends the cookies of 127.0.0.1 along
constexpr std::size_t kMostClients = 16;
constexpr std::chrono::seconds kFarewell{2};

struct Client {
  ipc::UniqueFd fd;
  std::string head{};
};

int milliseconds_until(Clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 60'000));
}

ipc::Result<std::string> random_number() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return std::unexpected(ipc::system_error("getrandom").error());
  std::string digits;
  for (const unsigned char byte : bytes) {
    digits += "0123456789abcdef"[byte >> 4];
    digits += "0123456789abcdef"[byte & 15];
  }
  return digits;
}

bool is_ours(int fd) { return user_of_peer(fd) == ::geteuid(); }

// So many at a time: a crowd of strangers does not keep the browser, once it is here, from being heard.
void accept_clients(const OpenListener& listener, std::vector<Client>& clients) {
  for (std::size_t i = 0; i < kMostClients; ++i) {
    ipc::UniqueFd fd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    if (clients.size() < kMostClients && is_ours(fd.get())) clients.push_back({std::move(fd)});
  }
}

enum class Asks { kNotYet, kForThePage, kForSomethingElse, kNothing };

Asks read_more(Client& client, std::string_view first_line) {
  std::array<char, 4096> part{};
  const ssize_t got = ::recv(client.fd.get(), part.data(), part.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Asks::kNotYet;
  if (got <= 0) return Asks::kNothing;
  client.head.append(part.data(), static_cast<std::size_t>(got));
  if (client.head.size() > kMostHead) return Asks::kNothing;
  if (!client.head.contains("\r\n\r\n")) return Asks::kNotYet;
  return client.head.starts_with(first_line) ? Asks::kForThePage : Asks::kForSomethingElse;
}

bool write_whole(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) {
      pollfd room{fd, POLLOUT, 0};
      if (::poll(&room, 1, static_cast<int>(kFarewell / std::chrono::milliseconds(1))) <= 0) return false;
      continue;
    }
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

// What is unread when a socket is closed would take the answer back on its way.
void say_goodbye(int fd) {
  ::shutdown(fd, SHUT_WR);
  const auto end = Clock::now() + kFarewell;
  std::array<char, 1024> rest{};
  pollfd more{fd, POLLIN, 0};
  while (::poll(&more, 1, milliseconds_until(end)) > 0 && ::recv(fd, rest.data(), rest.size(), 0) > 0) {
  }
}

bool lead_on(const Client& client, std::string_view url) {
  std::string answer = "HTTP/1.1 303 See Other\r\nLocation: ";
  answer.reserve(answer.size() + url.size() + 256);  // one copy, which is wiped
  answer.append(url).append(
      "\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  const bool done = write_whole(client.fd.get(), answer);
  ipc::wipe(answer.data(), answer.size());
  if (done) say_goodbye(client.fd.get());
  return done;
}

// A browser looks for an icon, or connects ahead of need.
void turn_away(const Client& client) {
  (void)write_whole(client.fd.get(), "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

// True once the page was given out.
bool serve(std::vector<Client>& clients, const std::vector<pollfd>& polled, std::string_view first_line,
           std::string_view url) {
  for (std::size_t i = clients.size(); i-- > 0;) {
    if (polled[i + 1].revents == 0) continue;
    const Asks asks = read_more(clients[i], first_line);
    if (asks == Asks::kNotYet) continue;
    if (asks == Asks::kForThePage && lead_on(clients[i], url)) return true;
    if (asks == Asks::kForSomethingElse) turn_away(clients[i]);
    clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return false;
}

ipc::Status wait_for_browser(const OpenListener& listener, std::string_view first_line, std::string_view url) {
  const auto end = Clock::now() + kBrowserPatience;
  std::vector<Client> clients;
  while (Clock::now() < end) {
    std::vector<pollfd> polled{{listener.fd.get(), POLLIN, 0}};
    for (const Client& client : clients) polled.push_back({client.fd.get(), POLLIN, 0});
    if (::poll(polled.data(), polled.size(), milliseconds_until(end)) <= 0) continue;
    if (serve(clients, polled, first_line, url)) return {};
    if (polled[0].revents) accept_clients(listener, clients);
  }
  return ipc::fail(Fault::kUnavailable,
                   "no browser of yours came for the page within " + std::to_string(kBrowserPatience.count()) + " s",
                   std::string(kPrintIt));
}

}  // namespace

ipc::Status check_browser(const std::vector<std::string>& environment) {
  if (!browser_words(environment, "http://127.0.0.1/").empty()) return {};
  return ipc::fail(Fault::kConfig, "there is no display here to open a browser on", std::string(kPrintIt));
}

ipc::Status hand_to_browser(std::string_view url, const std::vector<std::string>& environment) {
  const auto listener = listen_tcp(0);
  if (!listener) return std::unexpected(ipc::with_next_step(listener.error(), kPrintIt));
  const auto number = random_number();
  if (!number) return std::unexpected(number.error());
  const std::string page = "http://127.0.0.1:" + std::to_string(listener->port) + "/" + *number;
  const std::vector<std::string> words = browser_words(environment, page);
  if (words.empty()) return check_browser(environment);
  const ipc::Status started = start_detached({.words = words, .environment = environment});
  if (!started) {
    ipc::Error error = started.error();
    error.what = "no browser can be started: " + error.what;
    error.next_step = "set BROWSER to one, or " + std::string(kPrintIt);
    return std::unexpected(std::move(error));
  }
  return wait_for_browser(*listener, "GET /" + *number + " HTTP/1.1\r\n", url);
}

}  // namespace supervisor
