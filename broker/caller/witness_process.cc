// The witness's side: closes everything, locks itself down, answers until the broker has gone.
//
// Runs in: witness, forked from the broker before any secret was read.
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "caller/proc_search.h"
#include "caller/witness.h"
#include "ipc/lockdown.h"

namespace broker {
namespace {

using ipc::ANY;
using ipc::ARG_IS;
using ipc::BITS_CLEAR;

#define ALLOW SENTINEL_ALLOW
constexpr ipc::SyscallRule kRules[] = {
#include "caller/witness_syscalls.def"
};
#undef ALLOW
static_assert(ipc::every_rule_has_a_reason(kRules));

constexpr int kSocket = 0;  // its number here: nothing below it, everything above it closed
constexpr int kProc = 1;

constexpr ipc::ResourceLimit kLimits[] = {
    {RLIMIT_CORE, 0, "nothing of the broker's start may end in a file"},
    {RLIMIT_FSIZE, 0, "it writes no file"},
    {RLIMIT_NOFILE, 64, "a socket, /proc, and what is being looked at"},
};

// Only the end of its socket ends the witness: not Ctrl-C, which the whole terminal gets.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

// Moves the socket to 0 and /proc to 1, and closes all others.
bool keep_two_descriptors(int socket) {
  const int proc = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int high_socket = ::fcntl(socket, F_DUPFD, 3);  // both out of the way of the two numbers
  const int high_proc = proc < 0 ? -1 : ::fcntl(proc, F_DUPFD, 3);
  return high_proc >= 0 && high_socket >= 0 && ::dup3(high_socket, kSocket, O_CLOEXEC) == kSocket &&
         ::dup3(high_proc, kProc, O_CLOEXEC) == kProc && ::syscall(SYS_close_range, 2U, ~0U, 0U) == 0;
}

ipc::Status lock_down_witness() {
  ipc::LockdownSpec spec{};
  spec.rules = kRules;
  spec.default_action = SCMP_ACT_KILL_PROCESS;
  spec.landlock = false;  // it forbids exactly what the witness is for
  // The kernel shows a process's files only to one that has all its capabilities: where root runs the command, the
  // witness keeps root's. Its filter lets it use none of them but to read.
  spec.keep_capabilities = ::geteuid() == 0;
  spec.limits = kLimits;
  const ipc::Result<std::string> done = ipc::lock_down(spec);
  if (!done) return std::unexpected(done.error());
  return {};
}

bool send_answer(const WitnessAnswer& answer) {
  return ::send(kSocket, &answer, sizeof answer, MSG_NOSIGNAL) == sizeof answer;
}

}  // namespace

void run_witness(ipc::UniqueFd socket) {
  block_signals();
  ::prctl(PR_SET_NAME, "sentinel-witn", 0, 0, 0);
  if (!keep_two_descriptors(socket.release())) ::_exit(1);
  const SystemClock clock;
  ProcSearch search(ipc::UniqueFd(kProc), clock);
  if (!lock_down_witness() || !send_answer(WitnessAnswer{})) ::_exit(1);
  WitnessQuestion question;
  while (::recv(kSocket, &question, sizeof question, 0) == sizeof question) {
    WitnessAnswer answer;
    answer.ticket = question.ticket;
    if (question.task == WitnessTask::kHolder) search.find_holder(question, answer);
    if (question.task == WitnessTask::kExecutable) search.name_executable(question.pid, answer);
    if (!send_answer(answer)) break;
  }
  ::_exit(0);
}

}  // namespace broker
