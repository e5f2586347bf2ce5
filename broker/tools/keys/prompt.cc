#include "tools/keys/prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace broker {
namespace {

using ipc::Fault;
using ipc::SecretBuffer;

// What would leave the terminal without echo if it just ended us, and what stops us.
constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
volatile std::sig_atomic_t caught = 0;
void note(int number) { caught = number; }

// Hides what is typed while it lives. Signals are blocked but where it waits for a key: one that came between two looks
// at it would be noticed with the next key alone.
class Unseen {
 public:
  Unseen(int terminal, bool hidden) : terminal_(terminal), hidden_(hidden && ::tcgetattr(terminal, &before_) == 0) {
    caught = 0;
    sigset_t ours;
    ::sigemptyset(&ours);
    for (const int number : kSignals) ::sigaddset(&ours, number);
    ::sigprocmask(SIG_BLOCK, &ours, &mask_);
    struct sigaction action {};
    action.sa_handler = note;
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &action, &old_[i]);
    hide();
  }
  ~Unseen() {
    show();
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &old_[i], nullptr);
    ::sigprocmask(SIG_SETMASK, &mask_, nullptr);  // one that waits is obeyed here, with the echo back
  }
  // With which to wait for a key.
  [[nodiscard]] const sigset_t& mask() const { return mask_; }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

  // What the signal would have done without us; after a stop it goes on here.
  void obey() {
    const int number = caught;
    caught = 0;
    show();
    struct sigaction ours {
    }, usual{};
    sigset_t it;
    ::sigemptyset(&it);
    ::sigaddset(&it, number);
    usual.sa_handler = SIG_DFL;
    ::sigaction(number, &usual, &ours);
    ::raise(number);
    ::sigprocmask(SIG_UNBLOCK, &it, nullptr);  // now it acts; the others wait for the next look
    ::sigprocmask(SIG_BLOCK, &it, nullptr);
    ::sigaction(number, &ours, nullptr);
    hide();
  }

 private:
  void hide() {
    if (!hidden_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    (void)::tcsetattr(terminal_, TCSAFLUSH, &quiet);
  }
  void show() {
    if (hidden_) (void)::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  int terminal_;
  termios before_{};
  bool hidden_;
  sigset_t mask_{};
  std::array<struct sigaction, kSignals.size()> old_{};
};

void say(int terminal, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(terminal, text.data(), text.size());
    if (put <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

enum class Ended { kLine, kEnd, kTooLong, kInterrupted };

// Byte by byte, so that nothing behind the line is taken into memory that is not ours to wipe. `mask`: of the signals
// while it waits, or null for those of now.
Ended read_line(int fd, SecretBuffer& line, const sigset_t* mask = nullptr) {
  for (;;) {
    char byte = 0;
    pollfd ready{fd, POLLIN, 0};
    if (mask && ::ppoll(&ready, 1, nullptr, mask) < 0 && errno == EINTR) return Ended::kInterrupted;
    const ssize_t got = ::read(fd, &byte, 1);
    if (got < 0 && errno == EINTR) return Ended::kInterrupted;
    if (got <= 0) return line.empty() ? Ended::kEnd : Ended::kLine;
    if (byte == '\n') return Ended::kLine;
    const bool fits = line.append({&byte, 1});
    ipc::wipe(&byte, 1);
    if (!fits) return Ended::kTooLong;
  }
}

std::unexpected<ipc::Error> too_long() {
  return ipc::fail(Fault::kUsage, "the line is longer than any key or passphrase", "give one value in each line");
}

SecretBuffer without_return(SecretBuffer line) {
  if (!line.reveal().ends_with('\r')) return line;
  return SecretBuffer::copy_of(line.reveal().substr(0, line.size() - 1));
}

}  // namespace

KeyPrompt::KeyPrompt() : typed_(::isatty(STDIN_FILENO) == 1) {}

ipc::Result<SecretBuffer> KeyPrompt::ask_at(int terminal, std::string_view question, bool hidden) {
  SecretBuffer line = SecretBuffer::with_capacity(kMaxLine);
  Unseen unseen(terminal, hidden);
  say(terminal, question);
  for (;;) {
    const Ended ended = read_line(terminal, line, &unseen.mask());
    if (ended == Ended::kLine) return line;
    if (ended == Ended::kTooLong) return too_long();
    if (ended == Ended::kEnd) return ipc::fail(Fault::kUsage, "nothing was typed", "try again");
    if (caught == 0) continue;
    unseen.obey();
    line.clear();
    say(terminal, question);
  }
}

ipc::Result<SecretBuffer> KeyPrompt::ask(std::string_view question, bool hidden) {
  if (typed_) return ask_at(STDIN_FILENO, question, hidden);
  SecretBuffer line = SecretBuffer::with_capacity(kMaxLine);
  for (;;) {
    const Ended ended = read_line(STDIN_FILENO, line);
    if (ended == Ended::kInterrupted) continue;
    if (ended == Ended::kTooLong) return too_long();
    return without_return(std::move(line));  // empty at the end
  }
}

ipc::Result<std::string> KeyPrompt::line(std::string_view question) {
  const ipc::Result<SecretBuffer> answer = ask(question, false);
  if (!answer) return std::unexpected(answer.error());
  return std::string(answer->reveal());
}

ipc::Result<SecretBuffer> KeyPrompt::secret(std::string_view question) { return ask(question, true); }

ipc::Result<SecretBuffer> KeyPrompt::passphrase(std::string_view question) {
  ipc::Result<SecretBuffer> answer = ask(question, true);
  if (!answer || !answer->empty() || typed_) return answer;
  const ipc::UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (terminal) return ask_at(terminal.get(), question, true);
  return ipc::fail(Fault::kUsage, "there is no passphrase on stdin, and no terminal to ask for it",
                   "give it as the last line of stdin, or use --protect systemd-creds or tpm2");
}

ipc::Result<SecretBuffer> KeyPrompt::new_passphrase() {
  for (int left = kTries - 1;; --left) {
    ipc::Result<SecretBuffer> first = passphrase("New passphrase for the stored key: ");
    if (!first) return first;
    ipc::Error bad{Fault::kUsage, "the passphrase has fewer than 8 characters",
                   "take several words: someone who has the file can try as many as he likes", 0};
    if (first->size() >= kShortestPassphrase) {
      if (!typed_) return first;
      const ipc::Result<SecretBuffer> second = ask("The same passphrase again: ", true);
      if (!second) return std::unexpected(second.error());
      if (first->equals(second->reveal())) return first;
      bad = {Fault::kUsage, "the two passphrases differ", "nothing was stored; try again", 0};
    }
    if (!can_ask_again() || left == 0) return std::unexpected(std::move(bad));
    say(STDIN_FILENO, bad.what + "; " + std::to_string(left) + (left == 1 ? " try" : " tries") + " left\n");
  }
}

}  // namespace broker
