// Takes privileges away from this process, in a fixed order, and proves that each step took.
//
// Steps: not dumpable; resource limits; no capabilities; no new privileges; Landlock (by the ABI found at run time);
// seccomp, last. Each step fails the whole; none only warns. Landlock alone may be absent on a kernel without it, and
// then the level says so by name.
// Runs in: broker, its witness, its account reader, frontend.   Blocks: never.   Owns: nothing.
// Source: prctl(2), capabilities(7), landlock(7), seccomp(2); reasons for each row lie in the caller's syscalls.def.
#pragma once

#include <seccomp.h>
#include <sys/resource.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ipc/process/landlock.h"
#include "ipc/result.h"

namespace ipc {

// A condition on one or two arguments; (argument & mask) == value. All comparisons are 64 bits wide, so junk in the
// high half never passes.
struct ArgumentTest {
  int count = 0;
  scmp_arg_cmp tests[2] = {};
};
constexpr ArgumentTest ANY{};
constexpr ArgumentTest ARG_IS(unsigned arg, std::uint64_t value) { return {1, {{arg, SCMP_CMP_EQ, value, 0}, {}}}; }
constexpr ArgumentTest BITS_CLEAR(unsigned arg, std::uint64_t bits) {
  return {1, {{arg, SCMP_CMP_MASKED_EQ, bits, 0}, {}}};
}
constexpr ArgumentTest BITS_SET(unsigned arg, std::uint64_t bits) {
  return {1, {{arg, SCMP_CMP_MASKED_EQ, bits, bits}, {}}};
}
constexpr ArgumentTest BOTH(ArgumentTest a, ArgumentTest b) { return {2, {a.tests[0], b.tests[0]}}; }

struct SyscallRule {
  int number;
  const char* name;
  std::uint32_t action;
  ArgumentTest test;
  const char* reason;
};

constexpr bool every_rule_has_a_reason(std::span<const SyscallRule> rules) {
  for (const SyscallRule& rule : rules) {
    if (rule.reason == nullptr || rule.reason[0] == '\0') return false;
  }
  return true;
}

// The rows of a syscalls.def: include it between these two macros.
#define SENTINEL_ALLOW(call, test, why) ::ipc::SyscallRule{SCMP_SYS(call), #call, SCMP_ACT_ALLOW, test, why},
#define SENTINEL_KILL(call, why) ::ipc::SyscallRule{SCMP_SYS(call), #call, SCMP_ACT_KILL_PROCESS, ::ipc::ANY, why},
#define SENTINEL_REFUSE(call, error, why) \
  ::ipc::SyscallRule{SCMP_SYS(call), #call, SCMP_ACT_ERRNO(error), ::ipc::ANY, why},

struct ResourceLimit {
  __rlimit_resource resource;
  rlim_t value;
  const char* reason;
};

struct LockdownSpec {
  std::span<const SyscallRule> rules;
  // SCMP_ACT_KILL_PROCESS, or SCMP_ACT_ERRNO(EPERM); SCMP_ACT_ALLOW only for the account reader, in which libraries of
  // others' run whose calls cannot be foreseen.
  std::uint32_t default_action;
  bool landlock = true;            // false only for the witness, whose work (reading /proc of others) Landlock forbids
  bool keep_capabilities = false;  // true only for the witness of a run by root, which reads /proc of root's command
  std::span<const ReadablePath> readable;
  bool may_connect_tcp = false;  // Landlock ABI 4: otherwise no connect and no bind
  std::span<const ResourceLimit> limits;
};

// Makes this process unreadable to others of the same user; the first line of each helper's main(), since exec undoes
// it. In a program installed with mode 0711 it already holds; run from a build folder there is a moment before it.
Status become_unreadable();

// Everything else. Returns what is in force, in words, for the start-up report.
Result<std::string> lock_down(const LockdownSpec& spec);

// What another process's /proc/PID/status says; used by the supervisor before it hands over a listener.
struct SeenProtection {
  bool no_new_privileges = false;
  int seccomp_mode = 0;     // 2: a filter is in force
  int seccomp_filters = 0;  // how many; -1 where the kernel does not say
  bool traced = false;      // by a debugger that was attached before the process became unreadable
};
Result<SeenProtection> seen_from_outside(pid_t pid);
SeenProtection seen_in_text(std::string_view status);

}  // namespace ipc
