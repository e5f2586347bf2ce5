#include "terminal/signals.h"

#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <initializer_list>

namespace supervisor {
namespace {

sigset_t without(std::initializer_list<int> numbers) {
  sigset_t set;
  sigfillset(&set);
  for (const int number : numbers) sigdelset(&set, number);
  return set;
}

// Blocking a signal of one's own fault would hide it, so these stay deliverable.
sigset_t held() { return without({SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}); }

// SIGPIPE is our own stderr's affair. SIGTTIN and SIGTTOU are held and not read: that is what lets us write to a
// terminal whose foreground group is another.
sigset_t read_as_descriptor() {
  return without({SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPIPE, SIGTTIN, SIGTTOU});
}

}  // namespace

CallerSignals hold_signals() {
  CallerSignals caller;
  const sigset_t set = held();
  ::sigprocmask(SIG_SETMASK, &set, &caller.mask);
  struct sigaction ours {};
  ours.sa_handler = SIG_DFL;  // an inherited SIG_IGN would reap children behind our back
  ::sigaction(SIGCHLD, &ours, &caller.child_action);
  return caller;
}

void restore_signals(const CallerSignals& caller) {
  ::sigaction(SIGCHLD, &caller.child_action, nullptr);
  ::sigprocmask(SIG_SETMASK, &caller.mask, nullptr);
}

ipc::Result<ipc::UniqueFd> signal_descriptor() {
  const sigset_t set = read_as_descriptor();
  ipc::UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return ipc::system_error("signalfd");
  return fd;
}

std::optional<ArrivedSignal> next_signal(int descriptor) {
  signalfd_siginfo info{};
  if (::read(descriptor, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  ArrivedSignal arrived{static_cast<int>(info.ssi_signo), info.ssi_code == SI_KERNEL};
  if (info.ssi_code == SI_QUEUE) arrived.from_terminal = info.ssi_int == 1;
  return arrived;
}

void relay(const ipc::Pidfd& to, const ArrivedSignal& arrived) {
  siginfo_t info{};
  info.si_signo = arrived.number;
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value.sival_int = arrived.from_terminal ? 1 : 0;
  (void)::syscall(SYS_pidfd_send_signal, to.fd(), arrived.number, &info, 0);
}

bool asks_to_end(int number) {
  if (number != SIGHUP && number != SIGINT && number != SIGQUIT && number != SIGTERM) return false;
  struct sigaction now {};
  return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN;
}

}  // namespace supervisor
