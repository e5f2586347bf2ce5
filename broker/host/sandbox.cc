#include "host/sandbox.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "ipc/files/trust.h"
#include "ipc/process/landlock.h"
#include "ipc/process/pidfd.h"

namespace broker {
namespace {

using ipc::ANY;
using ipc::ARG_IS;
using ipc::BITS_CLEAR;
using ipc::BITS_SET;

#define ALLOW SENTINEL_ALLOW
#define REFUSE SENTINEL_REFUSE
#define KILL SENTINEL_KILL
constexpr ipc::SyscallRule kRules[] = {
#include "host/syscalls.def"
};
#undef ALLOW
#undef REFUSE
#undef KILL
static_assert(ipc::every_rule_has_a_reason(kRules));

constexpr ipc::ResourceLimit kLimits[] = {
    {RLIMIT_CORE, 0, "a core file would hold the keys"},
    {RLIMIT_NOFILE, 4096, "clients' connections and AWS's; a leak ends somewhere"},
};

// Name resolution, time zones and the C library's own files.
constexpr const char* kSystemFiles[] = {
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/run/systemd/resolve",
    "/etc/localtime",
    "/etc/timezone",
    "/usr/share/zoneinfo",
    "/proc/sys/vm",
    "/etc/ssl/openssl.cnf",
    "/usr/lib/ssl",
    "/sys/devices/system/cpu/online",
    "/proc/self/fdinfo",
};

// Of the certificates that the system trusts: the bundle, and where its links lead.
constexpr const char* kCertificateFolders[] = {"/etc/ssl", "/usr/share/ca-certificates",
                                               "/usr/local/share/ca-certificates"};

std::vector<ipc::ReadablePath> readable(const ReadableFiles& files, bool with_keys) {
  std::vector<ipc::ReadablePath> paths;
  for (const char* path : kSystemFiles) paths.push_back({path});
  // Older kernels tell of a caller's parents there alone. What would show a secret of another process, Landlock still
  // hides.
  if (!ipc::kernel_has_pidfd_info()) paths.push_back({"/proc"});
  for (const std::string& path : files.always) paths.push_back({path});
  if (with_keys) {
    for (const std::string& path : files.until_keys_are_read) paths.push_back({path});
  }
  return paths;
}

}  // namespace

ReadableFiles profile_and_certificates(std::string home, std::string data_folder, std::string config,
                                       std::string credentials, std::string ca_bundle) {
  ReadableFiles files;
  files.until_keys_are_read = {std::move(config), std::move(credentials), std::move(ca_bundle), std::move(data_folder)};
  // Containers give / as the home of a user whom they do not know: of that, only what is looked for there, or Landlock
  // would hide nothing.
  if (home == "/") {
    files.until_keys_are_read.emplace_back("/.aws");
  } else {
    files.until_keys_are_read.push_back(std::move(home));
  }
  for (const char* folder : kCertificateFolders) files.until_keys_are_read.emplace_back(folder);
  return files;
}

std::span<const ipc::SyscallRule> syscall_rules() { return kRules; }

ipc::Result<std::string> enter_sandbox(const ReadableFiles& files) {
  (void)ipc::trust_user(::geteuid());  // asks the name services, which the filter closes
  const std::vector<ipc::ReadablePath> paths = readable(files, true);
  ipc::LockdownSpec spec{};
  spec.rules = kRules;
  spec.default_action = SCMP_ACT_ERRNO(EPERM);
  spec.readable = paths;
  spec.may_connect_tcp = true;
  spec.limits = kLimits;
  return ipc::lock_down(spec);
}

ipc::Status forget_key_files(const ReadableFiles& files) {
  const std::vector<ipc::ReadablePath> paths = readable(files, false);
  const ipc::Result<int> abi = ipc::restrict_with_landlock(paths, true);
  if (!abi) return std::unexpected(abi.error());
  return {};
}

}  // namespace broker
