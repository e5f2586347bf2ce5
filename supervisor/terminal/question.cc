#include "terminal/question.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "ipc/channel.h"
#include "ipc/process/descriptors.h"
#include "terminal/exit_codes.h"
#include "terminal/signals.h"

namespace supervisor {
namespace {

using ipc::Fault;
using Clock = std::chrono::steady_clock;

constexpr char kQuestion = 'Q', kAnswer = 'A', kNone = 'N';

ipc::UniqueFd open_terminal() { return ipc::UniqueFd(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)); }

// "N", the sentence, NUL, the next step.
void send_refusal(int socket, const ipc::Error& error) {
  const std::string text = kNone + error.what.substr(0, 512) + '\0' + error.next_step.substr(0, 400);
  (void)::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
}

void send_typed(int socket, std::string_view typed) {
  std::array<char, 1 + Typed::kCapacity> bytes{kAnswer};
  std::ranges::copy(typed, bytes.begin() + 1);
  (void)::send(socket, bytes.data(), 1 + typed.size(), MSG_NOSIGNAL);
  ipc::wipe(bytes.data(), bytes.size());
}

// Echo off while it lives. Gives back only what it took: who changed the terminal since then knows better.
class Silence {
 public:
  explicit Silence(int tty) : tty_(tty) {
    if (::tcgetattr(tty_, &before_) != 0) return;
    silent_ = before_;
    silent_.c_lflag = (silent_.c_lflag & ~static_cast<tcflag_t>(ECHO | ECHONL)) | ICANON | ISIG;
    on_ = ::tcsetattr(tty_, TCSAFLUSH, &silent_) == 0;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    termios now{};
    if (!on_ || ::tcgetattr(tty_, &now) != 0 || now.c_lflag != silent_.c_lflag) return;
    ::tcsetattr(tty_, TCSAFLUSH, &before_);  // what was typed behind the answer is no command
  }
  [[nodiscard]] bool on() const { return on_; }

 private:
  int tty_;
  bool on_ = false;
  termios before_{}, silent_{};
};

// The signals that a question answers to; they are blocked in this process.
class QuestionSignals {
 public:
  QuestionSignals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP}) sigaddset(&set, number);
    fd_ = ipc::UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  ipc::UniqueFd fd_;
};

bool is_ignored(int number) {
  struct sigaction now {};
  return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

// Delivers a blocked signal to this very process. Of a stop it returns when we are continued.
void suffer(int number) {
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, number);
  ::kill(::getpid(), number);
  ::sigprocmask(SIG_UNBLOCK, &set, &before);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

// A job in the background stops, as with any other program that wants the terminal. False where nobody can bring it to
// the foreground: the terminal is another's, or job control is off.
bool reach_foreground(int tty) {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    const pid_t front = ::tcgetpgrp(tty);
    if (front == ::getpgrp()) return true;
    if (front < 0 || is_ignored(SIGTTIN)) return false;
    const auto before = Clock::now();
    suffer(SIGTTIN);
    // An orphaned group is not stopped. Then this would go round at once.
    if (Clock::now() - before < std::chrono::milliseconds(1) && ::tcgetpgrp(tty) != ::getpgrp()) ::usleep(20'000);
  }
  return false;
}

enum class Came { Line, TooLong, Nothing, Withdrawn, Stopped, Late };

class Question {
 public:
  Question(int socket, int tty, std::string_view text) : socket_(socket), tty_(tty), text_(text) {}

  void put() {
    while (true) {
      if (!reach_foreground(tty_)) {
        return send_refusal(socket_, {Fault::kUnavailable, "the terminal belongs to another program",
                                      "bring sentinel to the foreground, or start it from a terminal", 0});
      }
      switch (ask_once()) {
        case Came::Line:
          return send_typed(socket_, {line_.data(), size_});
        case Came::TooLong:
          return send_refusal(socket_, answer_too_long("what was typed"));
        case Came::Withdrawn:
          return;
        case Came::Nothing:
          return send_refusal(socket_, {Fault::kUnavailable, "nothing was typed", "try again", 0});
        case Came::Late:
          return send_refusal(socket_, {Fault::kUnavailable, "nobody answered within 5 minutes", "try again", 0});
        case Came::Stopped:
          break;  // continued now: ask again
      }
    }
  }
  ~Question() { ipc::wipe(line_.data(), line_.size()); }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

 private:
  Came ask_once() {
    Came came = Came::Nothing;
    int stop = 0, end = 0;
    {
      const Silence silence(tty_);
      if (!silence.on()) return Came::Nothing;
      write(text_);
      came = wait(stop, end);
      write("\n");
    }
    // The terminal is as it was.
    if (end != 0) ::_exit(kExitSignalBase + end);
    if (stop != 0) suffer(stop);
    return came;
  }

  Came wait(int& stop, int& end) {
    const auto deadline = Clock::now() + kHumanLimit;
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return Came::Late;
      pollfd polled[] = {{socket_, POLLIN, 0}, {signals_.fd(), POLLIN, 0}, {tty_, POLLIN, 0}};
      if (::poll(polled, std::size(polled), static_cast<int>(left)) < 0 && errno != EINTR) return Came::Nothing;
      if (polled[0].revents) return Came::Withdrawn;
      while (const auto arrived = next_signal(signals_.fd())) {
        if (arrived->number == SIGTSTP && !is_ignored(SIGTSTP)) stop = SIGTSTP;
        if (asks_to_end(arrived->number)) end = arrived->number;
      }
      if (end != 0) return Came::Withdrawn;
      if (stop != 0) return Came::Stopped;
      if (!polled[2].revents) continue;
      if (!read_line()) return Came::Nothing;
      if (size_ > Typed::kCapacity) return Came::TooLong;
      if (size_ > 0) return Came::Line;
      write("\n" + std::string(text_));
    }
  }

  // A line that came whole, without what ends it; of one that is too long as much as shows that. False at the end of
  // the file.
  bool read_line() {
    size_ = 0;
    const ssize_t got = ::read(tty_, line_.data(), line_.size());
    if (got <= 0) return got < 0 && (errno == EINTR || errno == EAGAIN);
    size_ = static_cast<std::size_t>(got);
    if (size_ == line_.size() && line_.back() != '\n') return true;  // it goes on
    while (size_ > 0 && (line_[size_ - 1] == '\n' || line_[size_ - 1] == '\r')) --size_;
    return true;
  }

  void write(std::string_view text) const {
    [[maybe_unused]] const ssize_t written = ::write(tty_, text.data(), text.size());
  }

  int socket_, tty_;
  std::string_view text_;
  QuestionSignals signals_;
  std::array<char, Typed::kCapacity + 1> line_{};  // with the end of the line
  std::size_t size_ = 0;
};

// Holds nothing of the parent's but the socket and the standard three.
[[noreturn]] void be_asker(int inherited) {
  constexpr int kSocket = 3;
  if (inherited != kSocket && ::dup3(inherited, kSocket, O_CLOEXEC) < 0) ::_exit(1);
  if (!ipc::close_descriptors(kSocket + 1)) ::_exit(1);
  std::array<char, kMaxQuestion> packet{};
  while (true) {
    const ssize_t got = ::recv(kSocket, packet.data(), packet.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) ::_exit(0);
    const std::string_view bytes(packet.data(), static_cast<std::size_t>(got));
    if (is_question(bytes)) ask_on_terminal(kSocket, bytes.substr(1));
  }
}

}  // namespace

ipc::Error answer_too_long(std::string_view which) {
  const std::string most = std::to_string(Typed::kCapacity) + " bytes";
  return {Fault::kRefused, std::string(which) + " is longer than " + most + ", and such an answer is not taken",
          "try again with the answer alone", 0};
}

ipc::Error asker_gone() { return {Fault::kSystem, "the process that asks on the terminal was killed", "try again", 0}; }

ipc::Status send_question(int socket, std::string_view text) {
  const std::string packet = kQuestion + std::string(text.substr(0, kMaxQuestion - 1));
  if (::send(socket, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return {};
  return ipc::system_error("cannot ask on the terminal");
}

std::optional<ipc::Result<Typed>> next_answer(int socket) {
  std::array<char, 2 + Typed::kCapacity> bytes;  // room for one more than may come: a cut answer is a wrong one
  const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  const std::string_view all(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  if (all.size() > 1 && all.front() == kAnswer) {
    Typed typed;
    const bool fits = typed.assign(all.substr(1));
    ipc::wipe(bytes.data(), bytes.size());
    if (!fits) return std::unexpected(answer_too_long("what was typed"));
    return typed;
  }
  if (all.empty()) return std::unexpected(asker_gone());
  const std::size_t end = std::min(all.find('\0'), all.size());
  return ipc::fail(Fault::kUnavailable, std::string(all.substr(1, end - 1)),
                   std::string(end < all.size() ? all.substr(end + 1) : std::string_view{}));
}

void TerminalMemory::remember() {
  fd_ = -1;
  for (const int fd : {STDIN_FILENO, STDERR_FILENO, STDOUT_FILENO}) {
    if (fd_ < 0 && ::isatty(fd) && ::tcgetattr(fd, &before_) == 0) fd_ = fd;
  }
}

void TerminalMemory::restore() {
  termios now{};
  const int fd = std::exchange(fd_, -1);
  if (fd < 0 || ::tcgetattr(fd, &now) != 0) return;
  const bool left_silent = (before_.c_lflag & ECHO) && !(now.c_lflag & ECHO) && (now.c_lflag & ICANON);
  if (!left_silent) return;
  sigset_t held, before;
  sigemptyset(&held);
  sigaddset(&held, SIGTTOU);  // a job in the background may do this much
  ::sigprocmask(SIG_BLOCK, &held, &before);
  ::tcsetattr(fd, TCSAFLUSH, &before_);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

bool has_terminal() { return static_cast<bool>(open_terminal()); }

ipc::Result<Asker> fork_asker() {
  auto ends = ipc::Channel::socket_pair();
  if (!ends) return std::unexpected(ends.error());
  const pid_t pid = ::fork();
  if (pid < 0) return ipc::system_error("cannot ask on the terminal", "end some processes, or raise ulimit -u");
  if (pid == 0) {
    ends->first.reset();
    be_asker(ends->second.get());
  }
  return Asker{pid, std::move(ends->first)};
}

bool is_question(std::string_view packet) { return packet.starts_with(kQuestion); }

void ask_on_terminal(int socket, std::string_view text) {
  const ipc::UniqueFd tty = open_terminal();
  if (!tty) {
    return send_refusal(socket, {Fault::kUnavailable, "there is no terminal to ask on", "start it from a terminal", 0});
  }
  Question(socket, tty.get(), text).put();
}

}  // namespace supervisor
