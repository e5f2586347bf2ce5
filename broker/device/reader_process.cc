// The reader's side: closes everything, gives up what it can, answers until the broker has gone.
//
// Runs in: posture reader, forked from the broker before any secret was read; and, after its fork, root's own program.
// Blocks: on its socket; on the program at most kDeadline.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include "device/reader.h"
#include "ipc/process/forked_process.h"
#include "ipc/process/lockdown.h"
#include "ipc/process/one_way_socket.h"

namespace broker {
namespace {

using Clock = std::chrono::steady_clock;
using ipc::Fault;

constexpr std::chrono::seconds kDeadline{5};
constexpr int kSocket = 3;  // behind /dev/null as 0, 1 and 2; everything above it closed

// No filter: the program is root's own, and its calls cannot be foreseen. Where root runs sentinel, it keeps what root
// needs to look at disks and firewalls.
bool give_up_privileges() {
  const rlimit none{0, 0}, few{64, 64};
  return ipc::become_unreadable() && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::setrlimit(RLIMIT_CORE, &none) == 0 && ::setrlimit(RLIMIT_NOFILE, &few) == 0;
}

// ---- the program

[[noreturn]] void become_program(const std::string& program, int output) {
  ::setsid();  // a group of its own, to be killed as one, and no terminal
  sigset_t none;
  ::sigemptyset(&none);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  char* const arguments[] = {const_cast<char*>(program.c_str()), nullptr};
  char path[] = "PATH=/usr/bin:/bin";
  char* const environment[] = {path, nullptr};
  if (::dup2(output, STDOUT_FILENO) == STDOUT_FILENO && ::chdir("/") == 0)
    ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

struct Running {
  pid_t pid = 0;
  ipc::UniqueFd output;
};

ipc::Result<Running> start_program(const std::string& program) {
  // Not a pipe: a process of the same user could open that anew, and say in root's name what the device is like.
  ipc::Result<ipc::OneWaySocket> ends = ipc::OneWaySocket::open();
  if (!ends) return std::unexpected(ends.error());
  const pid_t pid = ::fork();
  if (pid < 0) return ipc::system_error("cannot start " + program);
  if (pid == 0) become_program(program, ends->writing.get());
  return Running{pid, std::move(ends->reading)};
}

int milliseconds_until(Clock::time_point end) {
  return static_cast<int>(std::max<std::chrono::milliseconds::rep>(
      0, std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count()));
}

// True when the program has printed something or closed its output; false at the deadline. The broker's end ends all.
bool wait_for_output(const Running& running, Clock::time_point end) {
  for (;;) {
    pollfd fds[] = {{running.output.get(), POLLIN, 0}, {kSocket, POLLRDHUP, 0}};
    const int ready = ::poll(fds, 2, milliseconds_until(end));
    if (ready > 0 && (fds[1].revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0) {
      ::kill(-running.pid, SIGKILL);
      ::kill(running.pid, SIGKILL);
      ::waitpid(running.pid, nullptr, 0);
      ::_exit(0);
    }
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

ipc::Result<std::string> read_output(const Running& running, const std::string& program, Clock::time_point end) {
  std::string text(kMaxPostureBytes + 1, '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    if (!wait_for_output(running, end))
      return ipc::fail(Fault::kConfig,
                       program + " did not end within " + std::to_string(kDeadline.count()) + " seconds");
    const ssize_t got = ::read(running.output.get(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ipc::system_error("cannot read what " + program + " prints");
    if (got == 0) {
      text.resize(used);
      return text;
    }
    used += static_cast<std::size_t>(got);
  }
  return ipc::fail(Fault::kConfig, program + " prints more than 16 KiB");
}

// It closed its output and may run on: it has until the deadline to end.
std::optional<int> wait_for_end(pid_t pid, Clock::time_point end) {
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() >= end) return std::nullopt;
    constexpr int kPause = 5;
    ::poll(nullptr, 0, kPause);
  }
  return status;
}

ipc::Result<std::string> run_program(const std::string& program) {
  const Clock::time_point end = Clock::now() + kDeadline;
  const ipc::Result<Running> running = start_program(program);
  if (!running) return std::unexpected(running.error());
  ipc::Result<std::string> text = read_output(*running, program, end);
  const std::optional<int> status = text ? wait_for_end(running->pid, end) : std::nullopt;
  ::kill(-running->pid, SIGKILL);  // also those that it left behind
  if (!status) {
    ::kill(running->pid, SIGKILL);  // it may not have made its group yet
    ::waitpid(running->pid, nullptr, 0);
  }
  if (!text) return text;
  if (!status)
    return ipc::fail(Fault::kConfig, program + " did not end within " + std::to_string(kDeadline.count()) + " seconds");
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) return ipc::fail(Fault::kConfig, program + " failed");
  return text;
}

// ---- answers

ipc::Result<std::string> read_posture(const PosturePlaces& places) {
  ipc::Result<std::optional<std::string>> file = read_root_file(places.file, kMaxPostureBytes);
  if (!file) return std::unexpected(file.error());
  if (*file) return std::move(**file);
  if (ipc::Status good = check_root_file(places.program); !good) return std::unexpected(good.error());
  return run_program(places.program);
}

bool send_answer(const ipc::Result<std::string>& posture) {
  const PostureAnswer kind = posture ? PostureAnswer::kText : PostureAnswer::kWhyNot;
  const std::string packet = static_cast<char>(kind) + (posture ? *posture : posture.error().what.substr(0, 1000));
  return ::send(kSocket, packet.data(), packet.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(packet.size());
}

}  // namespace

void run_posture_reader(ipc::UniqueFd socket, const PosturePlaces& places) {
  ::signal(SIGCHLD, SIG_DFL);
  const ipc::KeptDescriptor nothing{::open("/dev/null", O_RDWR | O_CLOEXEC), true};  // as the program's 0, 1 and 2
  const ipc::KeptDescriptor kept[] = {nothing, nothing, nothing, {socket.release()}};
  if (!ipc::begin_forked_process("sentinel-post", kept) || !give_up_privileges()) ::_exit(1);
  char question;
  while (::recv(kSocket, &question, 1, 0) == 1 && send_answer(read_posture(places))) {
  }
  ::_exit(0);
}

}  // namespace broker
