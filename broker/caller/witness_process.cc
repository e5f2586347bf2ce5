// The witness's side: closes everything, locks itself down, answers until the broker has gone.
//
// Runs in: witness, forked from the broker before any secret was read.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "caller/proc_search.h"
#include "caller/witness.h"
#include "ipc/process/forked_process.h"
#include "ipc/process/lockdown.h"

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

constexpr int kSocket = 0, kProc = 1;  // their numbers here; everything above is closed

constexpr ipc::ResourceLimit kLimits[] = {
    {RLIMIT_CORE, 0, "nothing of the broker's start may end in a file"},
    {RLIMIT_FSIZE, 0, "it writes no file"},
    {RLIMIT_NOFILE, 64, "a socket, /proc, and what is being looked at"},
};

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
  const ipc::KeptDescriptor kept[] = {{socket.release()}, {::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)}};
  if (!ipc::begin_forked_process("sentinel-witn", kept)) ::_exit(1);
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
