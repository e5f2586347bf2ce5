#include "errands/programs.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "child/command.h"
#include "child/environment.h"
#include "child/process_tree.h"
#include "ipc/channel.h"
#include "ipc/process/descriptors.h"
#include "ipc/process/one_way_socket.h"
#include "ipc/process/pidfd.h"

namespace supervisor {
namespace {

using ipc::Fault;
using Clock = std::chrono::steady_clock;

// What the minder says at the end; both ends are this program.
struct Report {
  ProgramEnd::How how;
  int code, signal, error;
};

constexpr std::chrono::seconds kMinderGrace{1};  // to end a group that was told SIGKILL

// The minder's descriptors behind 0 to 2.
constexpr int kStatus = 3, kOutput = 4, kInput = 5;

pid_t fork_as(bool sibling) {
  if (!sibling) return ::fork();
  return static_cast<pid_t>(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

// Puts the three where the plan wants them, and closes everything else that the keeper had open: above all the
// channels of the helpers, whose end of file must come when the keeper closes them.
bool take_descriptors(int status, int output, int input) {
  constexpr int kAside = 10;
  const int aside[] = {::fcntl(status, F_DUPFD_CLOEXEC, kAside), ::fcntl(output, F_DUPFD_CLOEXEC, kAside),
                       ::fcntl(input, F_DUPFD_CLOEXEC, kAside)};
  for (int i = 0; i < 3; ++i) {
    if (aside[i] < 0 || ::dup3(aside[i], kStatus + i, O_CLOEXEC) < 0) return false;
  }
  return ipc::close_descriptors(kInput + 1);
}

void default_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

// Returns only when it cannot.
void become_program(const std::string& file, const ProgramPlan& plan) {
  default_signals();
  ::execve(file.c_str(), pointers(plan.words).data(), pointers(plan.environment).data());
}

[[noreturn]] void run_program(const std::string& file, const ProgramPlan& plan, int why_not) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);  // an extra, for a minder that was killed
  if (::setsid() >= 0 && ::dup2(kInput, STDIN_FILENO) >= 0 && ::dup2(kOutput, STDOUT_FILENO) >= 0 &&
      ipc::close_descriptors(kStatus, kInput)) {
    become_program(file, plan);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t told = ::write(why_not, &error, sizeof error);
  ::_exit(127);
}

siginfo_t wait_for_end(pid_t child, int options) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(child), &info, options) != 0 && errno == EINTR) {
  }
  return info;
}

Ending reap(pid_t child) {
  const siginfo_t info = wait_for_end(child, WEXITED);
  return ending_of(info.si_code, info.si_status);
}

std::unexpected<ipc::Error> cannot_start(const ProgramPlan& plan) {
  return ipc::system_error("cannot start " + plan.words.front(), "end some processes, or raise ulimit -u");
}

void end_group(pid_t program) {
  ::kill(-program, SIGKILL);
  ::kill(program, SIGKILL);  // that has not come to its setsid yet; it is not reaped, so the number is its own
}

// What the program left running in its session. It has ended and is not reaped, so that the session's number is its
// own; and each that lost its parent is a child of the minder, a subreaper. A daemon with a session of its own is meant
// to stay: a gpg-agent keeps the passphrase for the next errand.
void end_session(pid_t program) {
  end_group(program);
  const auto give_up_at = Clock::now() + kMinderGrace;  // on a program that forks without end
  for (bool found = true; found && Clock::now() < give_up_at;) {
    found = false;
    for (const pid_t child : own_children()) {
      if (child == program || ::getsid(child) != program || ::kill(child, SIGKILL) != 0) continue;
      while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
      }
      found = true;
    }
  }
}

// Until the program ends, the time is over, or the supervisor is gone.
Report mind(pid_t program, std::chrono::milliseconds limit) {
  const auto handle = ipc::Pidfd::open(program);
  const auto end = Clock::now() + limit;
  Report report{ProgramEnd::How::Ended, 0, 0, 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd polled[] = {{kStatus, POLLIN, 0}, {handle ? handle->fd() : -1, POLLIN, 0}};
    if (left > 0) (void)::poll(polled, 2, static_cast<int>(left));
    if (polled[1].revents) break;
    if (left > 0 && !polled[0].revents) continue;
    report.how = ProgramEnd::How::Overdue;
    end_group(program);
    break;
  }
  (void)wait_for_end(program, WEXITED | WNOWAIT);
  end_session(program);
  const Ending ending = reap(program);
  report.code = ending.code;
  report.signal = ending.signal;
  return report;
}

[[noreturn]] void be_minder(const std::string& file, const ProgramPlan& plan, int status, int output, int input) {
  ::prctl(PR_SET_NAME, "sentinel-minder", 0, 0, 0);
  int why_not[2];
  if (!become_subreaper() || !take_descriptors(status, output, input) || ::pipe2(why_not, O_CLOEXEC) != 0) ::_exit(1);
  const pid_t program = ::fork();
  if (program == 0) run_program(file, plan, why_not[1]);
  const int fork_error = errno;
  ::close(why_not[1]);
  ::close(kOutput);
  ::close(kInput);
  Report report{ProgramEnd::How::NotStarted, 0, 0, fork_error};
  if (program > 0) {
    const bool failed = ::read(why_not[0], &report.error, sizeof report.error) == sizeof report.error;
    const Report end = mind(program, plan.limit);
    if (!failed) report = end;
  }
  (void)::send(kStatus, &report, sizeof report, MSG_NOSIGNAL);
  ::_exit(0);
}

ipc::Result<std::string> file_of(const ProgramPlan& plan) {
  if (plan.words.empty() || plan.words.front().empty())
    return ipc::fail(Fault::kConfig, "no program is named", "write the program's name, then its arguments");
  auto file = resolve_command(plan.words.front(), environment_value(plan.environment, "PATH"));
  if (!file) return std::unexpected(file.error().error);
  return std::move(*file);
}

// The broker reads from it on its event loop.
bool never_block(int reading_end) { return ::fcntl(reading_end, F_SETFL, O_NONBLOCK) == 0; }

// Without one the program reads nothing.
ipc::Result<ipc::OneWaySocket> open_input(bool wanted) {
  if (wanted) return ipc::OneWaySocket::open();
  ipc::OneWaySocket none{ipc::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), {}};
  if (!none.reading) return ipc::system_error("cannot open /dev/null");
  return none;
}

}  // namespace

ipc::Result<RunningProgram> start_program(const ProgramPlan& plan) {
  auto file = file_of(plan);
  if (!file) return std::unexpected(file.error());
  auto ends = ipc::Channel::socket_pair();
  if (!ends) return std::unexpected(ends.error());
  auto output = ipc::OneWaySocket::open();
  if (!output) return std::unexpected(output.error());
  if (!never_block(output->reading.get())) return ipc::system_error("cannot set up a socket for a program");
  auto input = open_input(plan.with_input);
  if (!input) return std::unexpected(input.error());
  const pid_t minder = fork_as(plan.as_sibling);
  if (minder < 0) return cannot_start(plan);
  if (minder == 0) be_minder(*file, plan, ends->second.get(), output->writing.get(), input->reading.get());
  return RunningProgram{std::move(ends->first), std::move(output->reading), std::move(input->writing),
                        plan.as_sibling ? -1 : minder};
}

void end_program(RunningProgram& program) {
  if (!program.status) return;
  ::shutdown(program.status.get(), SHUT_WR);
  const auto end = Clock::now() + kMinderGrace;
  pollfd gone{program.status.get(), POLLIN, 0};
  char rest[sizeof(Report)];
  for (ssize_t got = 1; got > 0 && Clock::now() < end;) {  // the report, perhaps; then the end
    (void)::poll(&gone, 1, static_cast<int>(kMinderGrace / std::chrono::milliseconds(1)));
    got = ::recv(program.status.get(), rest, sizeof rest, MSG_DONTWAIT);
  }
  if (program.minder > 0) reap(program.minder);
  program = {};
}

std::optional<ProgramEnd> program_end(int status) {
  Report report{};
  const ssize_t got = ::recv(status, &report, sizeof report, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (got != sizeof report) return ProgramEnd{};  // the minder was killed, and the program with it
  return ProgramEnd{report.how, {report.code, report.signal, false}, report.error};
}

std::string describe(const ProgramEnd& end, std::chrono::seconds limit) {
  switch (end.how) {
    case ProgramEnd::How::Ended:
      return describe(end.ending);
    case ProgramEnd::How::Overdue:
      return "took longer than " + std::to_string(limit.count()) + " s, and was ended";
    case ProgramEnd::How::NotStarted:
      return std::string("could not be started: ") + strerrordesc_np(end.error);
    case ProgramEnd::How::Lost:
      break;
  }
  return "was ended from outside";
}

ipc::Status start_detached(const ProgramPlan& plan) {
  auto file = file_of(plan);
  if (!file) return std::unexpected(file.error());
  // An orphan of ours is to go past us, who may be adopting those of the broker.
  int adopting = 0;
  ::prctl(PR_GET_CHILD_SUBREAPER, &adopting, 0, 0, 0);
  if (!plan.as_sibling) ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
  const pid_t child = fork_as(plan.as_sibling);
  if (child == 0) {
    if (!plan.as_sibling && ::fork() != 0) ::_exit(0);  // so that we need not wait for it
    const int null = ::open("/dev/null", O_RDWR);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
    ::setsid();
    if (ipc::close_descriptors(STDERR_FILENO + 1)) become_program(*file, plan);
    ::_exit(127);
  }
  const ipc::Status started = child < 0 ? ipc::Status(cannot_start(plan)) : ipc::Status{};
  if (child > 0 && !plan.as_sibling) reap(child);
  ::prctl(PR_SET_CHILD_SUBREAPER, static_cast<unsigned long>(adopting), 0, 0, 0);
  return started;
}

}  // namespace supervisor
