// sentinel-credential-process: what AWS SDKs run to get credentials in Unix mode. Asks the socket in
// SENTINEL_UNIX_SOCKET with the token in SENTINEL_AUTH_TOKEN, and prints credential_process JSON, version 1.
//
// A program of its own, static and without libraries, because SDKs start it for each fetch.
// Runs in: the command's tree.   Blocks: at most kDeadlineMs in all.   Owns: the token and the secret for the moment
// they pass through, and wipes both.
// Fails: exit code 1 and one sentence on stderr; stdout stays empty, so no SDK takes half an answer.
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string_view>

namespace {

constexpr std::size_t kMaxAnswerBytes = 16 * 1024;
constexpr std::size_t kMaxTokenBytes = 256;
constexpr long kDeadlineMs = 5000;
constexpr int kFarewellMs = 1000;  // for a run of another user to take note of us

char request[kMaxTokenBytes + 128];
char answer[kMaxAnswerBytes];
char output[kMaxAnswerBytes];
std::size_t output_size = 0;

constexpr std::string_view kTerminalTells = "the terminal that runs sentinel, and the decision log, tell why";
constexpr std::string_view kChangeUserFirst =
    "a run serves the user who started it alone: change the user first, and start sentinel exec as the new one (gosu "
    "USER sentinel exec ..., sudo -u USER sentinel exec ...)";

[[noreturn]] void fail(std::initializer_list<std::string_view> what, std::string_view next_step = kTerminalTells) {
  char line[1024];
  std::size_t used = 0;
  const auto add = [&](std::string_view text) {
    for (const char c : text) {
      if (used == sizeof line - 1) return;
      line[used++] = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
  };
  add("sentinel: ");
  for (const std::string_view part : what) add(part);
  add("; ");
  add(next_step);
  line[used++] = '\n';
  explicit_bzero(request, sizeof request);
  explicit_bzero(answer, sizeof answer);  // only now: `what` may point into it
  explicit_bzero(output, sizeof output);
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line, used);
  ::_exit(1);
}
[[noreturn]] void fail(std::string_view what, std::string_view detail = {}) { fail({what, detail}); }

long now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void wait_for(int fd, short events, long deadline) {
  pollfd ready{fd, events, 0};
  while (true) {
    const long left = deadline - now_ms();
    if (left <= 0) fail("no answer within 5 seconds");
    const int got = ::poll(&ready, 1, static_cast<int>(left));
    if (got > 0) return;
    if (got < 0 && errno != EINTR) fail("waiting for an answer failed");
  }
}

class Digits {
 public:
  explicit Digits(unsigned long number)
      : size_(static_cast<std::size_t>(std::to_chars(text_, text_ + sizeof text_, number).ptr - text_)) {}
  operator std::string_view() const { return {text_, size_}; }

 private:
  char text_[20];
  std::size_t size_;
};

[[noreturn]] void fail_to_connect(const char* path, int error) {
  const std::string_view why = std::strerror(error);
  switch (error) {
    case EACCES:
      fail({"user ", Digits(::geteuid()), " may not reach sentinel's socket ", path, ": ", why}, kChangeUserFirst);
    case EPERM:  // what sandboxes answer for socket(2) itself
    case EAFNOSUPPORT:
      fail({"something forbids this program to reach sentinel's socket ", path, ": ", why},
           "allow Unix sockets in the sandbox that it runs in, or start sentinel exec without --unix-socket");
    case ENOENT:
    case ENOTDIR:
      fail({"sentinel's socket ", path, " is not there: ", why},
           "its run has ended, or this program sees another folder there than the run does: start it under sentinel "
           "exec");
    case ECONNREFUSED:
      fail({"nothing answers any more at ", path, ": ", why},
           "its run has ended: start this program under sentinel exec");
    default:
      fail({"cannot reach sentinel's socket ", path, ": ", why});
  }
}

int connect_to(const char* path, long deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof address.sun_path) fail("SENTINEL_UNIX_SOCKET is too long");
  std::memcpy(address.sun_path, path, std::strlen(path) + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) fail_to_connect(path, errno);
  while (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN) fail_to_connect(path, errno);
    if (now_ms() >= deadline) fail("sentinel's queue is full");
    ::poll(nullptr, 0, 5);  // a Unix socket says EAGAIN when the queue is full, and poll cannot wait for that
  }
  return fd;
}

// The user who opened the socket, as the kernel noted it then.
uid_t served_user(int fd) {
  ucred server{};
  socklen_t size = sizeof server;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &size) != 0)
    fail("the kernel does not say who answers: ", std::strerror(errno));
  return server.uid;
}

// Without a token where it is empty.
void send_request(int fd, std::string_view token, long deadline) {
  std::size_t size = 0;
  const std::string_view name = token.empty() ? "" : "\r\nAuthorization: ";
  for (const std::string_view part : {std::string_view("GET /creds HTTP/1.1\r\nHost: localhost"), name, token,
                                      std::string_view("\r\nConnection: close\r\n\r\n")}) {
    std::memcpy(request + size, part.data(), part.size());
    size += part.size();
  }
  for (std::size_t sent = 0; sent < size;) {
    const ssize_t got = ::send(fd, request + sent, size - sent, MSG_NOSIGNAL);
    if (got > 0) {
      sent += static_cast<std::size_t>(got);
    } else if (got < 0 && errno == EAGAIN) {
      wait_for(fd, POLLOUT, deadline);
    } else if (got < 0 && errno != EINTR) {
      fail("asking sentinel failed: ", std::strerror(errno));
    }
  }
  explicit_bzero(request, sizeof request);
}

std::string_view receive_answer(int fd, long deadline) {
  std::size_t size = 0;
  while (true) {
    if (size == sizeof answer) fail("the answer is too large");
    const ssize_t got = ::recv(fd, answer + size, sizeof answer - size, 0);
    if (got == 0) return {answer, size};
    if (got > 0) {
      size += static_cast<std::size_t>(got);
    } else if (errno == EAGAIN) {
      wait_for(fd, POLLIN, deadline);
    } else if (errno == ECONNRESET && size > 0) {
      return {answer, size};  // closed before our last byte was read; what was answered is here all the same
    } else if (errno != EINTR) {
      fail("reading the answer failed: ", std::strerror(errno));
    }
  }
}

// One JSON string without escapes at the front of `text`: what AWS credentials consist of. False for anything else.
bool take_string(std::string_view& text, std::string_view& value) {
  if (!text.starts_with('"')) return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"') {
      value = text.substr(1, i - 1);
      text.remove_prefix(i + 1);
      return true;
    }
    if (c < 0x20 || c >= 0x7f || c == '\\') return false;
  }
  return false;
}

void skip_space(std::string_view& text) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\n' || text[0] == '\r' || text[0] == '\t'))
    text.remove_prefix(1);
}

bool take(std::string_view& text, char wanted) {
  skip_space(text);
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  skip_space(text);
  return true;
}

struct Credentials {
  std::string_view key, secret, token, expiration;
};

std::string_view* member(Credentials& c, std::string_view name) {
  if (name == "AccessKeyId") return &c.key;
  if (name == "SecretAccessKey") return &c.secret;
  if (name == "Token") return &c.token;
  if (name == "Expiration") return &c.expiration;
  return nullptr;
}

// Exactly the four members, each once, none empty, nothing after them.
bool read_credentials(std::string_view body, Credentials& credentials) {
  if (!take(body, '{')) return false;
  for (int i = 0; i < 4; ++i) {
    std::string_view name, value;
    if (i > 0 && !take(body, ',')) return false;
    if (!take_string(body, name) || !take(body, ':') || !take_string(body, value)) return false;
    std::string_view* slot = member(credentials, name);
    if (!slot || !slot->empty() || value.empty()) return false;
    *slot = value;
  }
  if (!take(body, '}')) return false;
  return body.empty();
}

void put(std::string_view text) {
  if (text.size() > sizeof output - output_size) fail("the answer is too large");
  std::memcpy(output + output_size, text.data(), text.size());
  output_size += text.size();
}

void print_credentials(const Credentials& c) {
  put("{\"Version\":1,\"AccessKeyId\":\"");
  put(c.key);
  put("\",\"SecretAccessKey\":\"");
  put(c.secret);
  put("\",\"SessionToken\":\"");
  put(c.token);
  put("\",\"Expiration\":\"");
  put(c.expiration);
  put("\"}\n");
  for (std::size_t written = 0; written < output_size;) {
    const ssize_t got = ::write(STDOUT_FILENO, output + written, output_size - written);
    if (got < 0 && errno != EINTR) fail("writing the credentials failed: ", std::strerror(errno));
    if (got > 0) written += static_cast<std::size_t>(got);
  }
}

// The text behind "Message":" up to the next quote; an escape ends it, too: it is only for people.
std::string_view message_of(std::string_view body) {
  constexpr std::string_view kKey = "\"Message\":\"";
  const std::size_t at = body.find(kKey);
  if (at == std::string_view::npos) return "no reason given";
  body.remove_prefix(at + kKey.size());
  const std::string_view message = body.substr(0, body.find_first_of("\"\\"));
  return message.empty() ? "no reason given" : message;
}

// The body of a complete answer with status 200; anything else ends here.
std::string_view body_of_success(std::string_view text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (text.empty()) fail("sentinel closed the connection without an answer");
  if (!text.starts_with("HTTP/1.1 ") || end == std::string_view::npos || text.size() < 12)
    fail("the answer is not HTTP");
  const std::string_view status = text.substr(9, 3), body = text.substr(end + 4);
  if (status != "200") fail("refused: ", message_of(body));
  return body;
}

// It gets no token; but it then refuses us, logs it, and says it on its terminal, for which we stay a moment.
[[noreturn]] void be_refused_as_another_user(int fd, uid_t served, long deadline) {
  send_request(fd, {}, deadline);
  pollfd answered{fd, POLLIN, 0};
  (void)::poll(&answered, 1, kFarewellMs);
  fail({"this program runs as user ", Digits(::geteuid()), ", and the run serves user ", Digits(served), " alone"},
       kChangeUserFirst);
}

}  // namespace

int main() {
  // First: until then a program of the same user can read what passes through here.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail("this process cannot be made unreadable: ", std::strerror(errno));
  const long deadline = now_ms() + kDeadlineMs;
  const char* path = std::getenv("SENTINEL_UNIX_SOCKET");
  const char* token = std::getenv("SENTINEL_AUTH_TOKEN");
  if (!path || !*path || !token || !*token) {
    fail(
        "SENTINEL_UNIX_SOCKET or SENTINEL_AUTH_TOKEN is not set: this is not inside `sentinel exec --server "
        "--unix-socket`");
  }
  const std::string_view bare(token);
  if (bare.size() > kMaxTokenBytes || bare.find_first_of("\r\n") != std::string_view::npos)
    fail("SENTINEL_AUTH_TOKEN is malformed");
  const int fd = connect_to(path, deadline);
  const uid_t served = served_user(fd);
  if (served != ::geteuid()) be_refused_as_another_user(fd, served, deadline);
  send_request(fd, bare, deadline);
  Credentials credentials;
  if (!read_credentials(body_of_success(receive_answer(fd, deadline)), credentials))
    fail("the answer is not credentials");
  print_credentials(credentials);
  explicit_bzero(answer, sizeof answer);
  explicit_bzero(output, sizeof output);
  return 0;
}
