#include "decision_log.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "log_rotation.h"
#include "state_folder.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::string_view kNextStep = "name a file that you may write with --log-file PATH";
constexpr char kSystemLog[] = "/dev/log";
constexpr int kOpenFlags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;  // read: the chain's end

// --log-file is the caller's word, so symbolic links in it are followed; but what it names must be a file: a pipe could
// block the broker or lose lines.
ipc::Result<DecisionLog> open_log(const std::string& path, mode_t mode, int more_flags) {
  DecisionLog log;
  log.fd = ipc::UniqueFd(::open(path.c_str(), kOpenFlags | O_CREAT | more_flags, mode));
  if (!log.fd) return ipc::system_error("cannot open the decision log " + path, kNextStep);
  struct stat st {};
  if (::fstat(log.fd.get(), &st) != 0) return ipc::system_error("cannot look at the decision log " + path, kNextStep);
  if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)) {
    return ipc::fail(Fault::kConfig, "the decision log " + path + " is not a file", std::string(kNextStep));
  }
  log.label = path;
  if (S_ISREG(st.st_mode)) {
    char* const real = ::realpath(path.c_str(), nullptr);
    if (!real) return ipc::system_error("cannot find the decision log " + path, kNextStep);
    log.path = real;
    ::free(real);
  }
  if (!log.path.empty() && is_closed_log(log.fd.get())) return next_decision_log(log);  // a run ended half-way
  return log;
}

ipc::Result<DecisionLog> connect_system_log() {
  constexpr std::string_view kNext = "look whether journald or a syslog daemon runs, or leave --log-syslog out";
  DecisionLog log{ipc::UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)), "syslog", ipc::LogKind::Syslog, {}};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, kSystemLog, sizeof kSystemLog);
  if (!log.fd || ::connect(log.fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return ipc::system_error(std::string("--log-syslog: cannot reach ") + kSystemLog, kNext);
  }
  return log;
}

ipc::Result<DecisionLog> open_default_log(std::string_view home, std::string_view state_home) {
  const auto folder = make_state_folder(home, state_home, "the decision log", kNextStep);
  if (!folder) return std::unexpected(folder.error());
  return open_log(*folder + "/decisions.jsonl", 0600, O_NOFOLLOW);
}

}  // namespace

ipc::Result<std::vector<DecisionLog>> open_decision_logs(const ExecRequest& request, std::string_view home,
                                                         std::string_view state_home) {
  std::vector<DecisionLog> logs;
  if (request.log_stderr) {
    DecisionLog log{ipc::UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)), "stderr", ipc::LogKind::Stream, {}};
    if (!log.fd) return ipc::system_error("--log-stderr: stderr is closed");
    logs.push_back(std::move(log));
  }
  if (!request.log_file.empty() || (!request.log_stderr && !request.log_syslog)) {
    auto log = request.log_file.empty() ? open_default_log(home, state_home) : open_log(request.log_file, 0640, 0);
    if (!log) return std::unexpected(log.error());
    logs.push_back(std::move(*log));
  }
  if (request.log_syslog) {
    auto log = connect_system_log();
    if (!log) return std::unexpected(log.error());
    logs.push_back(std::move(*log));
  }
  return logs;
}

ipc::Result<DecisionLog> next_decision_log(const DecisionLog& full) {
  if (full.kind == ipc::LogKind::Syslog) return connect_system_log();
  if (full.path.empty()) return ipc::fail(Fault::kProtocol, "the log " + full.label + " cannot be followed by another");
  return rotate_log(full);
}

}  // namespace supervisor
