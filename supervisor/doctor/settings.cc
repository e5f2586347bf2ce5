// The checks of what root has set on this host, and of how Sentinel is installed here.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "child/launch.h"
#include "doctor/files.h"
#include "doctor/host.h"
#include "ipc/unique_fd.h"

namespace supervisor {
namespace {

constexpr char kPolicyKey[] = "/etc/sentinel/policy.pub", kPosture[] = "/etc/sentinel/posture.json",
               kPostureProgram[] = "/etc/sentinel/posture", kSystemBroker[] = "/run/sentinel/broker.sock";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

// ---- helpers

// What leaves the exec window of this program open; empty where it is closed.
std::string window_of(const Host& host, const std::string& program) {
  const auto status = status_of(program);
  if (!status) return program + " is not there";
  if (status->st_uid != host.uid_of_root) return program + " does not belong to root";
  if (status->st_mode & (S_IRGRP | S_IROTH)) return program + " can be read by others";
  return "";
}

// By the name that the kernel keeps of a process, at most 15 letters: each of a run's processes, and not this one.
bool is_of_a_run(std::string_view name) {
  return name == "sentinel" || (name.starts_with("sentinel-") && name != "sentinel-doctor");
}

// The number behind "Name:" in /proc/PID/status, or -1.
long number_in(std::string_view status, std::string_view name) {
  for (std::string_view line : lines_of(status)) {
    if (!line.starts_with(name)) continue;
    line.remove_prefix(name.size());
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(": \t")));
    long value = -1;
    std::from_chars(line.data(), line.data() + line.size(), value);
    return value;
  }
  return -1;
}

// ---- swap

// Whether what lies on this device is scrambled: the device mapper says so of its own.
bool is_encrypted(const Host& host, const std::string& device) {
  char target[4096];
  std::string name = device;
  if (const ssize_t size = ::readlink(host.at(device).c_str(), target, sizeof target); size > 0) {
    name.assign(target, static_cast<std::size_t>(size));
  }
  name = name.substr(name.rfind('/') + 1);
  return first_line(host.at("/sys/block/" + name + "/dm/uuid")).starts_with("CRYPT-");
}

bool is_in_memory(std::string_view device) { return device.starts_with("/dev/zram"); }

std::string default_log(const Host& host) {
  std::string folder = host.path_in("XDG_STATE_HOME");
  if (!folder.starts_with('/')) folder = host.in_home("/.local/state");
  return folder.empty() ? "" : folder + "/sentinel/decisions.jsonl";
}

// Of a log no more is looked at than its last lines.
std::string end_of_file(const std::string& path) {
  constexpr off_t kMost = 64 * 1024;
  const ipc::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  std::string text(static_cast<std::size_t>(std::min(status.st_size, kMost)), '\0');
  const ssize_t got = ::pread(fd.get(), text.data(), text.size(), status.st_size - static_cast<off_t>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

}  // namespace

Found check_exec_window(const Host& host) {
  const auto helpers = host.sentinel.empty()
                           ? ipc::Result<HelperPaths>(ipc::fail(ipc::Fault::kSystem, "it is not known where they lie"))
                           : find_helpers_beside(host.sentinel);
  if (!helpers && helpers.error().fault == ipc::Fault::kConfig) return {Answer::No, helpers.error().what};
  if (!helpers) return {Answer::CannotTell, "the helpers could not be looked at: " + helpers.error().what};
  for (const std::string& program : {helpers->broker, helpers->frontend, host.sentinel, helpers->credential_process}) {
    if (std::string open = window_of(host, program); !open.empty()) return {Answer::No, std::move(open)};
  }
  // This program is installed as they are, and was started by the same kernel: what holds for it holds for them.
  if (host.uid != 0 && host.dumpable_at_start)
    return {Answer::No, "the kernel let this very program be read at its start"};
  if (first_line(host.at("/proc/sys/fs/suid_dumpable")) == "1") return {Answer::No, "fs.suid_dumpable is 1"};
  return {Answer::Yes, ""};
}

Found check_traced_helpers(const Host& host) {
  std::vector<std::string> traced;
  std::size_t seen = 0;
  for (const std::string& pid : names_in(host.at("/proc"))) {
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string folder = host.at("/proc/" + pid);
    if (!is_of_a_run(first_line(folder + "/comm"))) continue;
    const LookedAt status = look_at(folder + "/status");
    if (number_in(status.text.view(), "Uid") != static_cast<long>(host.uid) && host.uid != 0) continue;
    ++seen;
    if (number_in(status.text.view(), "TracerPid") > 0) traced.push_back("process " + pid);
  }
  if (!traced.empty()) return {Answer::No, listed(traced)};
  if (seen == 0 && check_hidden_processes(host).answer != Answer::Yes)
    return {Answer::CannotTell, "whether a process of a run is traced cannot be seen: /proc hides them"};
  return {Answer::Yes, seen == 0 ? "none runs" : std::to_string(seen) + " seen"};
}

Found check_swap(const Host& host) {
  const LookedAt swaps = look_at(host.at("/proc/swaps"));
  if (swaps.how != Reading::Read) return {Answer::CannotTell, "it is not known whether this host swaps: /proc/swaps"};
  std::vector<std::string> plain, safe;
  std::vector<std::string_view> lines = lines_of(swaps.text.view());
  for (std::size_t i = 1; i < lines.size(); ++i) {  // the first is a heading
    const std::string device(lines[i].substr(0, lines[i].find_first_of(" \t")));
    if (device.empty()) continue;
    (is_in_memory(device) || is_encrypted(host, device) ? safe : plain).push_back(device);
  }
  if (!plain.empty()) return {Answer::No, listed(plain)};
  return {Answer::Yes, safe.empty() ? "there is no swap" : listed(safe)};
}

Found check_core_files(const Host& host) {
  const std::string pattern = first_line(host.at("/proc/sys/kernel/core_pattern"));
  if (pattern.starts_with('|')) {  // ulimit -c does not stop a program
    return {Answer::No, pattern.substr(1, pattern.find(' ') - 1)};
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  if (limit.rlim_cur == 0) return {Answer::Yes, "ulimit -c is 0"};
  if (pattern.empty())
    return {Answer::CannotTell, "it is not known where core files go: /proc/sys/kernel/core_pattern"};
  return {Answer::No, "a file " + pattern};
}

Found check_host_policy_key(const Host& host) {
  if (!status_of(host.at(kPolicyKey))) return {Answer::No, std::string(kPolicyKey) + " is not there"};
  if (!belongs_to_root_alone(host, kPolicyKey)) {
    return {Answer::No,
            std::string(kPolicyKey) + " could have been written by others than root, and every run refuses it"};
  }
  return {Answer::Yes, ""};
}

Found check_host_posture(const Host& host) {
  for (const char* path : {kPosture, kPostureProgram}) {
    if (!status_of(host.at(path))) continue;
    if (belongs_to_root_alone(host, path)) return {Answer::Yes, path};
    return {Answer::No, std::string(path) + " could have been written by others than root"};
  }
  return {Answer::No, std::string(kPosture) + " is not there"};
}

// The policy that the last line of the default log names, where it is a file.
Found check_policy_in_use(const Host& host) {
  constexpr std::string_view kName = "\"policy_path\":\"";
  const std::string tail = end_of_file(host.at(default_log(host)));
  const std::size_t at = tail.rfind(kName);
  if (at == tail.npos) return {Answer::Yes, ""};
  const std::string_view rest = std::string_view(tail).substr(at + kName.size());
  const std::string path(rest.substr(0, rest.find('"')));
  const std::string_view line = rest.substr(0, rest.find('\n'));
  if (line.find("\"policy_serial\":") != line.npos) return {Answer::Yes, ""};  // a signed one, whoever writes it
  // A parameter of Parameter Store may be called like a path.
  if (!path.starts_with('/') || path.starts_with("/dev/") || !status_of(host.at(path))) return {Answer::Yes, ""};
  return {belongs_to_root_alone(host, path) ? Answer::Yes : Answer::No, shown_path(host, path)};
}

Found check_decision_log(const Host& host) {
  const std::string log = default_log(host);
  if (!status_of(host.at(log))) return {Answer::Yes, "there is none yet"};
  const std::string shown = shown_path(host, log);
  return {others_at(host, log).write ? Answer::No : Answer::Yes, shown};
}

Found check_not_root(const Host& host) { return {host.uid == 0 ? Answer::No : Answer::Yes, ""}; }

Found check_other_user(const Host& host) {
  const bool there = status_of(host.at(kSystemBroker)).has_value();
  return {Answer::No,
          there ? std::string(kSystemBroker) + " is there, but not used: host mode is not available in this version"
                : "host mode, which would, is not available in this version"};
}

}  // namespace supervisor
