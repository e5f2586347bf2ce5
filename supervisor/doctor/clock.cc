// Checks how far this machine's clock is from AWS's: by one answer over plain HTTP, whose Date is read. It is not
// vouched for, and need not be: what is said here changes nothing, and a run learns the difference anew, over TLS.
#include <netdb.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <string>

#include "doctor/host.h"
#include "doctor/probe.h"
#include "ipc/text/clock_difference.h"
#include "ipc/text/lenient_time.h"
#include "ipc/unique_fd.h"

namespace supervisor {
namespace {

constexpr std::string_view kPlain = "http://";

struct Server {
  std::string name, port;
};

// The endpoint of STS, where the environment names one that speaks plain HTTP, as a local stand-in does; else a page of
// AWS.
Server server_of(const Host& host) {
  for (const std::string_view variable : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"}) {
    std::string url = host.variable(variable);
    if (!url.starts_with(kPlain)) continue;
    url = url.substr(kPlain.size());
    url = url.substr(0, url.find('/'));
    const std::size_t colon = url.rfind(':');
    return colon == std::string::npos ? Server{url, "80"} : Server{url.substr(0, colon), url.substr(colon + 1)};
  }
  return {"checkip.amazonaws.com", "80"};
}

ipc::UniqueFd connected_to(const Server& server) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(server.name.c_str(), server.port.c_str(), &hints, &found) != 0) return {};
  ipc::UniqueFd fd;
  for (const addrinfo* at = found; at; at = at->ai_next) {
    fd = ipc::UniqueFd(::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol));
    if (fd && ::connect(fd.get(), at->ai_addr, at->ai_addrlen) == 0) break;
    fd.reset();
  }
  ::freeaddrinfo(found);
  return fd;
}

// The Date of what answers.
std::optional<std::chrono::sys_seconds> date_of(const Server& server) {
  const ipc::UniqueFd fd = connected_to(server);
  if (!fd) return std::nullopt;
  const std::string request = "GET / HTTP/1.1\r\nHost: " + server.name + "\r\nConnection: close\r\n\r\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    return std::nullopt;
  std::string head(4096, '\0');
  std::size_t size = 0;
  while (size < head.size() && head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = ::recv(fd.get(), head.data() + size, head.size() - size, 0);
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  constexpr std::string_view kDate = "\r\nDate:";
  const char* const date = ::strcasestr(head.c_str(), kDate.data());
  if (!date) return std::nullopt;
  const std::string_view value = date + kDate.size();
  return ipc::read_lenient_time(value.substr(0, value.find("\r\n")));
}

// What a child found out; it may wait for a name server for longer than we do for it.
class SharedNumber {
 public:
  SharedNumber()
      : at_(static_cast<long*>(
            ::mmap(nullptr, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~SharedNumber() {
    if (at_ != MAP_FAILED) ::munmap(at_, sizeof(long));
  }
  SharedNumber(const SharedNumber&) = delete;
  SharedNumber& operator=(const SharedNumber&) = delete;
  [[nodiscard]] bool good() const { return at_ != MAP_FAILED; }
  long& operator*() const { return *at_; }

 private:
  long* at_;
};

}  // namespace

Found check_clock(const Host& host) {
  if (host.offline) return {Answer::CannotTell, "how far this machine's clock is from AWS's was not asked: --offline"};
  const Server server = server_of(host);
  const SharedNumber difference;
  if (!difference.good()) return {Answer::CannotTell, "how far this machine's clock is from AWS's could not be asked"};
  const ProbeEnd end = in_child([&] {
    const auto date = date_of(server);
    if (date)
      *difference = (*date - std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())).count();
    return date ? 0 : 1;
  });
  if (end.code != 0) {
    return {Answer::CannotTell,
            "how far this machine's clock is from AWS's is not known: " + server.name + " gave no answer"};
  }
  const std::string off = ipc::clock_difference_words(std::chrono::seconds(*difference));
  if (off.empty()) return {Answer::Yes, "by " + server.name};
  return {Answer::No, off};
}

}  // namespace supervisor
