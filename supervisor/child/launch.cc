#include "child/launch.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <vector>

#include "ipc/process/descriptors.h"
#include "ipc/process/own_status.h"
#include "ipc/process/user_namespace.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr int kControlFd = 3;
constexpr int kCannotPrepare = 125;  // seen only as "ended with code 125" in the report of a helper that did not start

ipc::Status check_program(const std::string& path) {
  constexpr std::string_view kNext = "install Sentinel again, or build it whole";
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0) return ipc::system_error("helper program " + path, kNext);
  if (!S_ISREG(st.st_mode))
    return ipc::fail(Fault::kConfig, "helper program " + path + " is not a regular file", std::string(kNext));
  if (st.st_uid != 0 && st.st_uid != ::geteuid()) {
    if (ipc::Status known = ipc::check_has_number(st.st_uid, "helper program " + path + " cannot be told to be root's");
        !known)
      return known;
    return ipc::fail(Fault::kConfig, "helper program " + path + " belongs to another user", std::string(kNext));
  }
  if (st.st_mode & (S_IWGRP | S_IWOTH)) {
    return ipc::fail(Fault::kConfig, "helper program " + path + " may be written by others", "chmod go-w " + path);
  }
  // Its own exit code could not say why: EACCES of a missing x, of a file system mounted noexec, of a security module.
  if (::access(path.c_str(), X_OK) != 0) {
    return ipc::system_error("helper program " + path + " cannot be executed",
                             "chmod a+x it, and look whether its file system is mounted noexec");
  }
  return {};
}

bool exists(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0;
}

ipc::Result<std::string> own_path() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0 || length == static_cast<ssize_t>(sizeof path)) {
    return ipc::system_error("cannot find out where sentinel itself lies", "mount /proc");
  }
  return std::string(path, static_cast<std::size_t>(length));
}

// Where the other programs lie, seen from this one: installed, or in the build folder.
class Folders {
 public:
  explicit Folders(const std::string& executable) {
    const std::string folder = executable.substr(0, executable.rfind('/'));
    parent_ = folder.substr(0, folder.rfind('/'));
    built_ = folder.ends_with("/supervisor") && exists(parent_ + "/broker/sentinel-broker");
  }
  [[nodiscard]] std::string helper(const std::string& part, const std::string& name) const {
    return parent_ + (built_ ? "/" + part + "/" : "/libexec/sentinel/") + name;
  }

 private:
  std::string parent_;
  bool built_;
};

std::vector<char*> helper_environment() {
  std::vector<char*> environment;
#ifdef SENTINEL_SANITIZED
  for (char** entry = environ; *entry; ++entry) {
    for (const std::string_view name : {"ASAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS=", "LSAN_OPTIONS="}) {
      if (std::string_view(*entry).starts_with(name)) environment.push_back(*entry);
    }
  }
#endif
  environment.push_back(nullptr);
  return environment;
}

// The descriptor plan. Numbers 0 to 3 are filled in an order that overwrites nothing still needed.
bool apply_fd_plan(int control) {
  const int kept = ::fcntl(control, F_DUPFD, kControlFd + 1);  // out of the way, and without close-on-exec
  const int null = ::open("/dev/null", O_RDWR);
  if (kept < 0 || null < 0) return false;
#ifdef SENTINEL_SANITIZED
  constexpr int kFirstKept = STDERR_FILENO;  // sanitizers report there
#else
  constexpr int kFirstKept = STDERR_FILENO + 1;
#endif
  for (int fd = 0; fd < kFirstKept; ++fd) {
    if (::dup2(null, fd) < 0) return false;
  }
  if (::dup2(kept, kControlFd) < 0) return false;
  return ipc::close_descriptors(kControlFd + 1);
}

void default_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become_helper(const std::string& path, int control, int status, pid_t keeper,
                                char* const* environment) {
  (void)ipc::pass_descriptor(status, ipc::open_own_status());  // without /proc, who looks for it says so
  if (::setsid() < 0 || !apply_fd_plan(control) || ::chdir("/") != 0) ::_exit(kCannotPrepare);
  ::umask(077);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != keeper) ::_exit(kCannotPrepare);
  default_signals();
  char* const arguments[] = {const_cast<char*>(path.c_str()), nullptr};
  ::execve(path.c_str(), arguments, environment);
  ::_exit(errno == ENOENT ? 127 : 126);
}

}  // namespace

ipc::Result<HelperPaths> find_helpers() {
  const auto self = own_path();
  return self ? find_helpers_beside(*self) : std::unexpected(self.error());
}

ipc::Result<HelperPaths> find_helpers_beside(const std::string& executable) {
  const Folders folders(executable);
  HelperPaths paths{folders.helper("broker", "sentinel-broker"), folders.helper("frontend", "sentinel-frontend"),
                    folders.helper("supervisor", "sentinel-credential-process")};
  for (const std::string& path : {paths.broker, paths.frontend, paths.credential_process}) {
    if (ipc::Status ok = check_program(path); !ok) return std::unexpected(ok.error());
  }
  return paths;
}

ipc::Result<std::string> find_tool(std::string_view folder, std::string_view name) {
  const auto self = own_path();
  return self ? find_tool_beside(*self, folder, name) : std::unexpected(self.error());
}

ipc::Result<std::string> find_tool_beside(const std::string& executable, std::string_view folder,
                                          std::string_view name) {
  const std::string path = Folders(executable).helper(std::string(folder), std::string(name));
  if (ipc::Status ok = check_program(path); !ok) return std::unexpected(ok.error());
  return path;
}

ipc::Result<Helper> launch(const std::string& path, ipc::Side side) {
  auto ends = ipc::Channel::attested_pair();
  if (!ends) return std::unexpected(ends.error());
  auto status = ipc::Channel::socket_pair();
  if (!status) return std::unexpected(status.error());
  const std::vector<char*> environment = helper_environment();
  const pid_t keeper = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return ipc::system_error("cannot start " + path, "end some processes, or raise ulimit -u");
  if (pid == 0) become_helper(path, ends->second.get(), status->second.get(), keeper, environment.data());
  status->second.reset();
  Helper helper;
  helper.pid = pid;
  auto handle = ipc::Pidfd::open(pid);
  if (!handle) return std::unexpected(handle.error());
  helper.handle = std::move(*handle);
  helper.channel = ipc::Channel(std::move(ends->first), ipc::Side::Supervisor, side);
  helper.status = ipc::take_descriptor(status->first.get());
  helper.channel.only_from(pid);
  return helper;
}

}  // namespace supervisor
