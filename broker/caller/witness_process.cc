// The witness's side: closes everything, locks itself down, answers until the broker has gone.
//
// Runs in: witness, forked from the broker before any secret was read.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "caller/proc_search.h"
#include "caller/witness.h"
#include "ipc/process/forked_process.h"
#include "ipc/process/lockdown.h"
#include "ipc/process/own_status.h"

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

// Waits for a question, and takes those that wait behind it along; 0 where the broker has gone or says what it never
// says.
std::size_t receive_batch(std::span<WitnessQuestion> questions) {
  std::size_t count = 0;
  ssize_t got = ::recv(kSocket, &questions[0], sizeof questions[0], 0);
  while (got == sizeof questions[0] && ++count < questions.size()) {
    got = ::recv(kSocket, &questions[count], sizeof questions[0], MSG_DONTWAIT);
  }
  const bool no_more = count == questions.size() || (got < 0 && errno == EAGAIN);
  return no_more ? count : 0;
}

// In the order of the questions.
bool answer_batch(ProcSearch& search, std::span<const WitnessQuestion> questions) {
  static WitnessAnswer answers[kWitnessBatch];
  for (std::size_t i = 0; i < questions.size(); ++i) {
    answers[i] = WitnessAnswer{};
    answers[i].ticket = questions[i].ticket;
    if (questions[i].task == WitnessTask::kExecutable) search.name_executable(questions[i].pid, answers[i]);
  }
  search.find_holders(questions, std::span(answers).first(questions.size()));
  return std::ranges::all_of(std::span(answers).first(questions.size()), send_answer);
}

}  // namespace

void run_witness(ipc::UniqueFd socket) {
  const ipc::KeptDescriptor kept[] = {{socket.release()}, {::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)}};
  if (!ipc::begin_forked_process("sentinel-witn", kept)) ::_exit(1);
  if (!ipc::pass_descriptor(kSocket, ipc::open_own_status())) ::_exit(1);
  const SystemClock clock;
  ProcSearch search(ipc::UniqueFd(kProc), clock);
  if (!lock_down_witness() || !send_answer(WitnessAnswer{})) ::_exit(1);
  WitnessQuestion questions[kWitnessBatch];
  while (const std::size_t count = receive_batch(questions)) {
    if (!answer_batch(search, std::span(questions).first(count))) break;
  }
  ::_exit(0);
}

}  // namespace broker
