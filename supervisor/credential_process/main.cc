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
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include "credential_process/answer_mac.h"
#include "credential_process/answer_text.h"
#include "credential_process/failure.h"
#include "credential_process/run_socket.h"
#include "ipc/client/served_profiles.h"

namespace supervisor {
namespace {

constexpr long kPatienceMs = 50'000;
constexpr int kPauseMs = 100;      // before it asks again
constexpr int kFarewellMs = 1000;  // for a run of another user to take note of us

// What the policy says, where it is said to us; else the terminal alone tells.
[[noreturn]] void fail_refused(std::string_view body) {
  static Message message;
  read_message(body, message);
  const std::string_view reason = reason_in(message);
  if (reason.empty()) fail("refused: ", message.view());
  fail({"refused: ", reason}, kTerminalTellsMore);
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
  const bool later = status == "503" && !only_header(text.substr(0, end), ipc::kAskAgainHeader).empty();
  if (later && now_ms() < patience) return std::nullopt;
  if (status != "200") fail_refused(body);
  const std::string_view mac = only_header(text.substr(0, end), ipc::kAnswerMacHeader);
  if (!is_mac(mac, answer_mac(question.key, nonce.view(), question.profile, body))) {
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
  if (!make_nonce(nonce)) fail("the kernel gives no random bytes: ", std::strerror(errno));
  const int fd = connect_to(question.path, deadline);
  const ucred server = server_behind(fd);
  if (server.uid != ::geteuid()) be_refused_as_another_user(fd, server.uid, nonce, deadline);
  check_process(server.pid, question.server, question.path);
  send_request(fd, question.profile, question.token, nonce, deadline);
  const std::optional<std::string_view> body = body_of_success(receive_answer(fd, deadline), question, nonce, patience);
  ::close(fd);
  return body;
}

int give_credentials(int argc, char** argv) {
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
  if (key.size() > kMaxAnswerKey) fail("SENTINEL_ANSWER_KEY is malformed");
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

}  // namespace
}  // namespace supervisor

int main(int argc, char** argv) { return supervisor::give_credentials(argc, argv); }
