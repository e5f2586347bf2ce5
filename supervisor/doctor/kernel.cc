// The checks of what this kernel can do: each mechanism is tried, in a process of its own where it cannot be undone.
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "doctor/host.h"
#include "doctor/probe.h"
#include "ipc/process/landlock.h"
#include "ipc/process/pidfd.h"
#include "ipc/process/user_namespace.h"
#include "ipc/secret.h"

namespace supervisor {
namespace {

std::string how_it_ended(const ProbeEnd& end) {
  if (!end.begun) return "no process could be made to try it";
  if (end.signal != 0) return "the trial was ended by signal " + std::to_string(end.signal);
  return error_text(end.code);
}

Found cannot_tell(std::string_view what, const ProbeEnd& end) {
  return {Answer::CannotTell, std::string(what) + " could not be tried: " + how_it_ended(end)};
}

// ---- memory for secrets

enum : int { kMemfdSecret = 0, kLockedPages = 1, kNothingLocked = 2 };

ProbeEnd try_secret_memory() {
  return in_child([] {
    if (!ipc::SecretArena::open()) return static_cast<int>(kNothingLocked);
    return static_cast<int>(ipc::SecretArena::protection() == ipc::SecretProtection::kMemfdSecret ? kMemfdSecret
                                                                                                  : kLockedPages);
  });
}

std::string spoken_limit(rlim_t bytes) {
  return bytes == RLIM_INFINITY ? "unlimited" : std::to_string(bytes / 1024) + " KiB";
}

// ---- Landlock

constexpr int kLandlockFailed = 255;

// The ABI in force, with a file of the system in vain asked for as proof; 0 where there is none.
ProbeEnd try_landlock() {
  return in_child([] {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return kLandlockFailed;
    const ipc::Result<int> abi = ipc::restrict_with_landlock({}, false);
    if (!abi) return kLandlockFailed;
    if (*abi > 0 && ::open("/", O_RDONLY | O_CLOEXEC) >= 0) return kLandlockFailed;
    return std::min(*abi, kLandlockFailed - 1);
  });
}

// As the frontend does: frontend/isolation.cc.
int enter_namespaces() {
  constexpr int kNamespaces =
      CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWCGROUP;
  if (::unshare(kNamespaces) != 0) return errno;
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 ? 0 : errno;
}

// getpid is chosen because nothing else in the child needs it.
int die_by_filter() {
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  if (!filter) return ENOMEM;
  int failed = ::seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(getpid), 0);
  if (failed == 0) failed = ::seccomp_load(filter);
  if (failed != 0) return -failed;
  ::syscall(SYS_getpid);
  return 0;
}

int add_and_revoke_key() {
  constexpr char kType[] = "user", kName[] = "sentinel-doctor";
  if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) < 0) return errno;
  const long key = ::syscall(SYS_add_key, kType, kName, "x", 1, KEY_SPEC_PROCESS_KEYRING);
  if (key < 0) return errno;
  return ::syscall(SYS_keyctl, KEYCTL_REVOKE, key) == 0 ? 0 : errno;
}

}  // namespace

Found check_secret_memory(const Host&) {
  const ProbeEnd end = try_secret_memory();
  if (end.code == kMemfdSecret) return {Answer::Yes, ""};
  if (end.code == kLockedPages || end.code == kNothingLocked) return {Answer::No, "is not there, or not switched on"};
  return cannot_tell("memory for secrets", end);
}

Found check_locked_memory(const Host&) {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  const ProbeEnd end = try_secret_memory();
  if (end.code < 0) return cannot_tell("memory for secrets", end);
  return {end.code == kNothingLocked ? Answer::No : Answer::Yes, spoken_limit(limit.rlim_cur)};
}

Found check_seccomp(const Host&) {
  const ProbeEnd end = in_child(die_by_filter);
  if (end.signal == SIGSYS) return {Answer::Yes, ""};
  if (end.code == 0) return {Answer::No, "a filter was taken, and did nothing"};
  return end.begun ? Found{Answer::No, how_it_ended(end)} : cannot_tell("seccomp", end);
}

Found check_no_new_privileges(const Host&) {
  const ProbeEnd end = in_child([] {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0) return EBADE;
    return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : EBADE;
  });
  if (end.code == 0) return {Answer::Yes, ""};
  return end.begun ? Found{Answer::No, how_it_ended(end)} : cannot_tell("no_new_privs", end);
}

Found check_landlock(const Host&) {
  const ProbeEnd end = try_landlock();
  if (end.code < 0) return cannot_tell("Landlock", end);
  if (end.code == 0) return {Answer::No, "not built, or not switched on at boot"};
  if (end.code == kLandlockFailed) return {Answer::No, "it is there, and does not work"};
  return {Answer::Yes, std::to_string(end.code)};
}

Found check_landlock_reach(const Host&) {
  constexpr int kTcpAndScopes = 6;
  const ProbeEnd end = try_landlock();
  if (end.code < 0) return cannot_tell("Landlock", end);
  if (end.code == 0 || end.code == kLandlockFailed) return {Answer::No, "there is none"};
  return {end.code >= kTcpAndScopes ? Answer::Yes : Answer::No,
          (end.code >= kTcpAndScopes ? "" : "ABI ") + std::to_string(end.code)};
}

Found check_user_namespace(const Host&) {
  const ipc::Result<ipc::UserNamespace> where = ipc::own_user_namespace();
  if (!where) return {Answer::CannotTell, where.error().what};
  return {where->initial ? Answer::Yes : Answer::No, where->initial ? "" : where->owner_words()};
}

Found check_namespaces(const Host&) {
  const ProbeEnd end = in_child(enter_namespaces);
  if (end.code == 0) return {Answer::Yes, ""};
  return end.begun ? Found{Answer::No, how_it_ended(end)} : cannot_tell("user namespaces", end);
}

Found check_process_handles(const Host&) {
  const ProbeEnd end = in_child([] {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return errno;
    const ipc::Result<ipc::Pidfd> self = ipc::Pidfd::open(::getpid());
    if (!self) return self.error().sys_errno;
    const ipc::Status alive = self->send_signal(0);
    return alive ? 0 : alive.error().sys_errno;
  });
  if (end.code == 0) return {Answer::Yes, ""};
  return end.begun ? Found{Answer::No, how_it_ended(end)} : cannot_tell("pidfd_open", end);
}

Found check_kernel_keyring(const Host&) {
  const ProbeEnd end = in_child(add_and_revoke_key);
  if (end.code == 0) return {Answer::Yes, ""};
  return end.begun ? Found{Answer::No, how_it_ended(end)} : cannot_tell("the kernel's keyring", end);
}

}  // namespace supervisor
