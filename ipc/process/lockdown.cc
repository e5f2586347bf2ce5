#include "ipc/process/lockdown.h"

#include <fcntl.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "ipc/owned.h"
#include "ipc/process/landlock.h"
#include "ipc/unique_fd.h"

namespace ipc {
namespace {

Status set_limits(std::span<const ResourceLimit> limits) {
  for (const ResourceLimit& limit : limits) {
    rlimit now{};
    if (::getrlimit(limit.resource, &now) != 0) return system_error(limit.reason);
    const rlim_t value = limit.value < now.rlim_max ? limit.value : now.rlim_max;
    const rlimit wanted{value, value};
    if (::setrlimit(limit.resource, &wanted) != 0) return system_error(limit.reason);
  }
  return {};
}

Status drop_capabilities() {
  // The bounding set can only be emptied with CAP_SETPCAP; without it there is nothing in it that we could use,
  // because no_new_privs ends gains through exec.
  for (int cap = 0; cap <= CAP_LAST_CAP; ++cap) (void)::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return system_error("ambient capabilities");
  const Owned<void, cap_free> none(cap_init());
  if (!none || cap_set_proc(static_cast<cap_t>(none.get())) != 0) return system_error("dropping capabilities");
  const Owned<void, cap_free> now(cap_get_proc());
  if (!now || cap_compare(static_cast<cap_t>(now.get()), static_cast<cap_t>(none.get())) != 0) {
    return fail(Fault::kSystem, "capabilities remain after they were dropped");
  }
  return {};
}

Status no_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_error("no_new_privs");
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return fail(Fault::kSystem, "no_new_privs did not take");
  return {};
}

// A folder that no process of ours may read: proves that Landlock is in force.
Status prove_landlock() {
  const UniqueFd root(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root) return fail(Fault::kSystem, "Landlock is on, and yet / can be read");
  return {};
}

Status load_filter(const LockdownSpec& spec) {
  const Owned<void, seccomp_release> filter(seccomp_init(spec.default_action));
  if (!filter) return fail(Fault::kSystem, "seccomp_init failed");
  for (const SyscallRule& rule : spec.rules) {
    if (rule.number < 0) continue;  // not a call of this architecture: the default action stands
    const int error = seccomp_rule_add_array(filter.get(), rule.action, rule.number,
                                             static_cast<unsigned>(rule.test.count), rule.test.tests);
    if (error != 0) return fail(Fault::kSystem, std::string("seccomp row ") + rule.name + ": " + std::strerror(-error));
  }
  const int error = seccomp_load(filter.get());
  if (error != 0) return fail(Fault::kSystem, std::string("seccomp: ") + std::strerror(-error));
  return {};
}

}  // namespace

Status become_unreadable() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return system_error("PR_SET_DUMPABLE");
  if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return fail(Fault::kSystem, "the process stayed dumpable");
  return {};
}

Result<std::string> lock_down(const LockdownSpec& spec) {
  if (Status s = become_unreadable(); !s) return std::unexpected(s.error());
  if (Status s = set_limits(spec.limits); !s) return std::unexpected(s.error());
  if (!spec.keep_capabilities) {
    if (Status s = drop_capabilities(); !s) return std::unexpected(s.error());
  }
  if (Status s = no_new_privileges(); !s) return std::unexpected(s.error());
  std::string levels = spec.keep_capabilities ? "not dumpable, capabilities kept, no new privileges"
                                              : "not dumpable, no capabilities, no new privileges";
  if (spec.landlock) {
    const Result<int> abi = restrict_with_landlock(spec.readable, spec.may_connect_tcp);
    if (!abi) return std::unexpected(abi.error());
    if (*abi > 0) {
      if (Status s = prove_landlock(); !s) return std::unexpected(s.error());
    }
    levels += *abi > 0 ? ", Landlock ABI " + std::to_string(*abi) : ", no Landlock (this kernel has none)";
  }
  if (Status s = load_filter(spec); !s) return std::unexpected(s.error());
  return levels + ", seccomp " + std::to_string(spec.rules.size()) + " rows";
}

Result<SeenProtection> seen_from_outside(pid_t pid) {
  const UniqueFd fd(::open(("/proc/" + std::to_string(pid) + "/status").c_str(), O_RDONLY | O_CLOEXEC));
  char text[8192];
  const ssize_t got = fd ? ::read(fd.get(), text, sizeof text) : -1;
  if (got <= 0) return system_error("reading a helper's /proc status");
  return seen_in_text({text, static_cast<std::size_t>(got)});
}

SeenProtection seen_in_text(std::string_view status) {
  const auto number = [&](std::string_view key, int otherwise) {
    const std::size_t at = status.find(key);
    int value = otherwise;
    if (at != std::string_view::npos)
      (void)std::sscanf(std::string(status.substr(at + key.size(), 16)).c_str(), "%d", &value);
    return value;
  };
  SeenProtection seen;
  seen.no_new_privileges = number("\nNoNewPrivs:", 0) == 1;
  seen.seccomp_mode = number("\nSeccomp:", 0);
  seen.seccomp_filters = number("\nSeccomp_filters:", -1);
  seen.traced = number("\nTracerPid:", 0) != 0;
  return seen;
}

}  // namespace ipc
