// sentinel-credential-process [PROFILE]: what AWS SDKs run to get credentials in Unix mode. Asks the socket in
// SENTINEL_UNIX_SOCKET with the token in SENTINEL_AUTH_TOKEN for a profile of the run, written as the generated config
// has it (ipc/client/served_profiles.h), or for its first, and prints credential_process JSON, version 1.
//
// It speaks with the run's own server alone: before it sends the token, the kernel says that its own user listens
// there, in the process SENTINEL_SERVER_PID; and before it prints, an HMAC under SENTINEL_ANSWER_KEY says that the
// answer is the broker's, made for this very question.
//
// A program of its own and static, because SDKs start it for each fetch.
// Runs in: the command's tree.   Blocks: at most kDeadlineMs for an answer. Where that says that the keys are being
// fetched, or a code is being asked for, it asks again for kPatienceMs: SDKs wait a minute for such a program.   Owns:
// the token and the secret for the moment they pass through, and wipes both. Fails: exit code 1, or 3 for a server or
// an answer that is not the run's own, and one sentence on stderr; stdout stays empty, so no SDK takes half an answer.
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
#include <optional>
#include <string_view>

#include "credential_process/answer_mac.h"
#include "credential_process/answer_text.h"
#include "ipc/client/served_profiles.h"

namespace {

using supervisor::Credentials;
using supervisor::Nonce;

constexpr std::size_t kMaxAnswerBytes = 16 * 1024;
constexpr std::size_t kMaxTokenBytes = 256;
constexpr long kDeadlineMs = 5000, kPatienceMs = 50'000;
constexpr int kPauseMs = 100;      // before it asks again
constexpr int kFarewellMs = 1000;  // for a run of another user to take note of us

constexpr int kExitFailed = 1, kExitTampered = 3;

char request[kMaxTokenBytes + ipc::kMaxProfileInPath + 192];
char answer[kMaxAnswerBytes];
char output[kMaxAnswerBytes];
std::size_t output_size = 0;

constexpr std::string_view kTerminalTells = "the terminal that runs sentinel, and the decision log, tell why";
constexpr std::string_view kTerminalTellsMore =
    "the terminal that runs sentinel, and the decision log, tell how to look into it";
constexpr std::string_view kChangeUserFirst =
    "a run serves the user who started it alone: change the user first, and start sentinel exec as the new one (gosu "
    "USER sentinel exec ..., sudo -u USER sentinel exec ...)";

[[noreturn]] void fail(std::initializer_list<std::string_view> what, std::string_view next_step = kTerminalTells,
                       int exit_code = kExitFailed) {
  char line[supervisor::kMaxMessage + 512];
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
  ::_exit(exit_code);
}
[[noreturn]] void fail(std::string_view what, std::string_view detail = {}) { fail({what, detail}); }

// What the policy says, where it is said to us; else the terminal alone tells.
[[noreturn]] void fail_refused(std::string_view body) {
  static supervisor::Message message;
  read_message(body, message);
  const std::string_view reason = supervisor::reason_in(message);
  if (reason.empty()) fail("refused: ", message.view());
  fail({"refused: ", reason}, kTerminalTellsMore);
}

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

// Who opened the socket, as the kernel noted it then.
ucred server_behind(int fd) {
  ucred server{};
  socklen_t size = sizeof server;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &size) != 0)
    fail("the kernel does not say who answers: ", std::strerror(errno));
  return server;
}

// Before the token is sent. From another pid namespace the kernel says 0: what cannot be known is not compared.
void check_process(pid_t server, pid_t expected, const char* path) {
  if (server == 0 || server == expected) return;
  fail({"process ", Digits(static_cast<unsigned long>(server)), " listens at ", path, ", and not sentinel"},
       "nothing was sent to it; find out what it is, and start sentinel anew", kExitTampered);
}

// Without a token where it is empty, and for the run's first profile where no other is named.
void send_request(int fd, std::string_view profile, std::string_view token, const Nonce& nonce, long deadline) {
  std::size_t size = 0;
  const std::string_view name = token.empty() ? "" : "\r\nAuthorization: ", below = profile.empty() ? "" : "/";
  for (const std::string_view part :
       {std::string_view("GET /creds"), below, profile, std::string_view(" HTTP/1.1\r\nHost: localhost\r\n"),
        ipc::kNonceHeader, std::string_view(": "), nonce.view(), name, token,
        std::string_view("\r\nConnection: close\r\n\r\n")}) {
    size += part.copy(request + size, part.size());
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

void put(std::string_view text) {
  if (text.size() > sizeof output - output_size) fail("the answer is too large");
  text.copy(output + output_size, text.size());
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

struct Question {
  const char* path;
  std::string_view profile, token, key;
  pid_t server;
};

// The body of a complete answer with status 200 that is the broker's; nothing where it is to be asked for again, as
// long as there is patience; anything else ends here. A refusal may be the frontend's own.
std::optional<std::string_view> body_of_success(std::string_view text, const Question& question, const Nonce& nonce,
                                                long patience) {
  const std::size_t end = text.find("\r\n\r\n");
  if (text.empty()) fail("sentinel closed the connection without an answer");
  if (!text.starts_with("HTTP/1.1 ") || end == std::string_view::npos || text.size() < 12)
    fail("the answer is not HTTP");
  const std::string_view status = text.substr(9, 3), body = text.substr(end + 4);
  const bool later = status == "503" && !supervisor::only_header(text.substr(0, end), ipc::kAskAgainHeader).empty();
  if (later && now_ms() < patience) return std::nullopt;
  if (status != "200") fail_refused(body);
  const std::string_view mac = supervisor::only_header(text.substr(0, end), ipc::kAnswerMacHeader);
  if (!supervisor::is_mac(mac, supervisor::answer_mac(question.key, nonce.view(), question.profile, body))) {
    fail({"the answer is not the broker's: Sentinel's frontend, or what stands in its place, was tampered with"},
         "nothing of it was used; end this run, and look at what the command and your other programs did",
         kExitTampered);
  }
  return body;
}

// It gets no token; but it then refuses us, logs it, and says it on its terminal, for which we stay a moment.
[[noreturn]] void be_refused_as_another_user(int fd, uid_t served, const Nonce& nonce, long deadline) {
  send_request(fd, {}, {}, nonce, deadline);
  pollfd answered{fd, POLLIN, 0};
  (void)::poll(&answered, 1, kFarewellMs);
  fail({"this program runs as user ", Digits(::geteuid()), ", and the run serves user ", Digits(served), " alone"},
       kChangeUserFirst);
}

const char* variable(const char* name) {
  const char* const value = std::getenv(name);
  if (!value || !*value) fail(name, " is not set: this is not inside `sentinel exec --server --unix-socket`");
  return value;
}

pid_t process_number(std::string_view text) {
  pid_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number <= 0) fail("SENTINEL_SERVER_PID is malformed");
  return number;
}

// As the generated config writes it; what it means is the broker's to say.
std::string_view profile_argument(int argc, char** argv) {
  if (argc < 2) return {};
  const std::string_view profile(argv[1]);
  bool good = argc == 2 && !profile.empty() && profile.size() <= ipc::kMaxProfileInPath;
  for (const char c : profile) good = good && (c == '%' || ipc::stands_for_itself_in_path(c));
  if (!good) fail({"what is named is no profile as the generated config writes it"}, "leave that config as it is");
  return profile;
}

// One try; nothing where there is to be another.
std::optional<std::string_view> ask(const Question& question, long patience) {
  const long deadline = now_ms() + kDeadlineMs;
  Nonce nonce;
  if (!supervisor::make_nonce(nonce)) fail("the kernel gives no random bytes: ", std::strerror(errno));
  const int fd = connect_to(question.path, deadline);
  const ucred server = server_behind(fd);
  if (server.uid != ::geteuid()) be_refused_as_another_user(fd, server.uid, nonce, deadline);
  check_process(server.pid, question.server, question.path);
  send_request(fd, question.profile, question.token, nonce, deadline);
  const std::optional<std::string_view> body = body_of_success(receive_answer(fd, deadline), question, nonce, patience);
  ::close(fd);
  return body;
}

}  // namespace

int main(int argc, char** argv) {
  // First: until then a program of the same user can read what passes through here.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail("this process cannot be made unreadable: ", std::strerror(errno));
  const long patience = now_ms() + kPatienceMs;
  const std::string_view profile = profile_argument(argc, argv);
  const char* const path = variable("SENTINEL_UNIX_SOCKET");
  const char* const token = variable("SENTINEL_AUTH_TOKEN");
  const std::string_view key(variable("SENTINEL_ANSWER_KEY"));
  const pid_t expected = process_number(variable("SENTINEL_SERVER_PID"));
  const std::string_view bare(token);
  if (bare.size() > kMaxTokenBytes || bare.find_first_of("\r\n") != std::string_view::npos)
    fail("SENTINEL_AUTH_TOKEN is malformed");
  if (key.size() > supervisor::kMaxAnswerKey) fail("SENTINEL_ANSWER_KEY is malformed");
  const Question question{path, profile, bare, key, expected};
  std::optional<std::string_view> body = ask(question, patience);
  while (!body) {
    ::poll(nullptr, 0, kPauseMs);
    body = ask(question, patience);
  }
  Credentials credentials;
  if (!read_credentials(*body, credentials)) fail("the answer is not credentials");
  print_credentials(credentials);
  explicit_bzero(answer, sizeof answer);
  explicit_bzero(output, sizeof output);
  return 0;
}
