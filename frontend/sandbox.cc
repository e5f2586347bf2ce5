#include "sandbox.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>

#include "channel_numbers.h"
#include "connection_table.h"

namespace frontend {
namespace {

using ipc::ANY;
using ipc::ARG_IS;
using ipc::BITS_CLEAR;
using ipc::BOTH;

// The numbers from 2^power to 2^(power+1), and no junk above 32 bits.
constexpr ipc::ArgumentTest FD_OF(unsigned power) {
  return {1, {{0, SCMP_CMP_MASKED_EQ, ~((std::uint64_t{1} << power) - 1), std::uint64_t{1} << power}, {}}};
}

#define ALLOW(call, test, why) SENTINEL_ALLOW(call, test, why)
constexpr ipc::SyscallRule kRules[] = {
#include "syscalls.def"
};
#undef ALLOW
static_assert(ipc::every_rule_has_a_reason(kRules));

// Standard streams, control and broker channels, epoll, libevent's signal pair, listeners, and a few to spare.
constexpr rlim_t kOtherDescriptors = 24;
static_assert(kMaxConnections + kOtherDescriptors <= 1024 && kFirstClosable == 8, "what syscalls.def lets us close");

// The broker runs under the same hard limit, and holds each client's connection and a handle of its process. One that
// has no descriptor left cannot receive a client, nor say who called.
constexpr rlim_t kBrokersPerClient = 2, kBrokersOther = 40;

constexpr ipc::ResourceLimit kLimits[] = {
    {RLIMIT_CORE, 0, "no core dump: a request head holds the bearer token"},
    {RLIMIT_FSIZE, 0, "nothing is ever written to a file"},
    {RLIMIT_NPROC, 0, "no child processes (for root the filter alone says so)"},
    {RLIMIT_NOFILE, kMaxConnections + kOtherDescriptors, "one descriptor per slot, and our own"},
};

const char* test_in_words(const ipc::ArgumentTest& test) { return test.count == 0 ? "" : " (arguments fixed)"; }

}  // namespace

std::span<const ipc::SyscallRule> sandbox_rules() { return kRules; }

std::uint32_t affordable_connections(std::uint32_t wanted) {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) return 1;
  const rlim_t limit = std::min<rlim_t>(now.rlim_max, kMaxConnections + kOtherDescriptors);
  const rlim_t left = limit > kOtherDescriptors ? limit - kOtherDescriptors : 1;
  const rlim_t brokers_left = now.rlim_max > kBrokersOther ? (now.rlim_max - kBrokersOther) / kBrokersPerClient : 1;
  return static_cast<std::uint32_t>(std::max<rlim_t>(1, std::min<rlim_t>({left, brokers_left, wanted})));
}

ipc::Result<std::string> enter_sandbox() {
  ipc::LockdownSpec spec{};
  spec.rules = kRules;
  spec.default_action = SCMP_ACT_KILL_PROCESS;
  spec.limits = kLimits;
  return ipc::lock_down(spec);
}

void print_sandbox(std::FILE* out) {
  for (const ipc::SyscallRule& rule : kRules) {
    std::fprintf(out, "%-16s allowed%-18s  %s\n", rule.name, test_in_words(rule.test), rule.reason);
  }
  std::fprintf(out, "%-16s kills the process\n", "anything else");
}

}  // namespace frontend
