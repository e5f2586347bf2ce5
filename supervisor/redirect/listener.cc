#include "redirect/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "ipc/secret.h"
#include "redirect/peer_user.h"

namespace supervisor {
namespace {

constexpr std::string_view kStep = "start with --device-code, which needs no port here";

// Fixed: nothing of the request is in it, and it loads and sends nothing.
std::string page(std::string_view status, std::string_view sentence) {
  const std::string body =
      "<!DOCTYPE html><meta charset=\"utf-8\"><title>Sentinel</title><p>" + std::string(sentence) + "</p>\n";
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: "
         "nosniff\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n\r\n" +
         body;
}

void answer(int fd, const std::string& text) {
  (void)!::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);  // a new connection has room for it
  (void)::shutdown(fd, SHUT_WR);
}

}  // namespace

RedirectListener::Connection::~Connection() { ipc::wipe(bytes.data(), bytes.size()); }

ipc::Result<RedirectListener> RedirectListener::open() {
  RedirectListener listener;
  listener.listening_ = ipc::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (!listener.listening_ || ::bind(listener.listening_.get(), generic, size) != 0 ||
      ::listen(listener.listening_.get(), SOMAXCONN) != 0 ||
      ::getsockname(listener.listening_.get(), generic, &size) != 0) {
    return ipc::system_error("cannot listen on 127.0.0.1 for the browser that comes back", std::string(kStep));
  }
  listener.port_ = ntohs(address.sin_port);
  return listener;
}

void RedirectListener::add_to(std::vector<pollfd>& polled) const {
  polled.push_back({listening_.get(), POLLIN, 0});
  for (const auto& connection : connections_) polled.push_back({connection->fd.get(), POLLIN, 0});
}

void RedirectListener::accept_all() {
  for (std::size_t i = 0; i < kMostConnections; ++i) {
    ipc::UniqueFd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    const bool own = user_of_peer(fd.get()) == ::geteuid();
    if (make_room(own)) connections_.push_back(std::make_unique<Connection>(std::move(fd), own));
  }
}

bool RedirectListener::make_room(bool for_own) {
  if (connections_.size() < kMostConnections) return true;
  auto goes = std::ranges::find(connections_, false, [](const auto& connection) { return connection->own; });
  if (goes == connections_.end() && !for_own) return false;
  if (goes == connections_.end()) goes = connections_.begin();
  connections_.erase(goes);
  return true;
}

RedirectListener::Read RedirectListener::read(Connection& from, std::string_view state) {
  const std::size_t room = from.bytes.size() - from.size;
  const ssize_t got = ::recv(from.fd.get(), from.bytes.data() + from.size, room, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? Read::kMore : Read::kOver;
  if (got == 0) return Read::kOver;
  from.size += static_cast<std::size_t>(got);
  const std::string_view bytes(from.bytes.data(), from.size);
  const std::size_t end = end_of_head(bytes);
  if (end == 0 && from.size < from.bytes.size()) return Read::kMore;
  auto redirect = end == 0 ? std::nullopt : read_redirect(bytes.substr(0, end), port_, state);
  if (!redirect || user_of_peer(from.fd.get()) != ::geteuid()) {
    answer(from.fd.get(), page("404 Not Found", "This is no answer to a login that Sentinel waits for."));
    return Read::kOver;
  }
  error_ = std::move(redirect->error);
  code_ = std::move(redirect->code);
  answer(from.fd.get(), error_.empty() ? page("200 OK", "The login has reached Sentinel. You can close this page.")
                                       : page("200 OK", "The login was not completed. You can close this page."));
  return Read::kRedirect;
}

bool RedirectListener::work(std::string_view state) {
  if (!listening_) return false;
  accept_all();
  for (std::size_t i = 0; i < connections_.size();) {
    switch (read(*connections_[i], state)) {
      case Read::kMore:
        ++i;
        break;
      case Read::kOver:
        connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
        break;
      case Read::kRedirect:
        connections_.clear();
        listening_.reset();
        return true;
    }
  }
  return false;
}

}  // namespace supervisor
