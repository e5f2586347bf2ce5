#include "exec_request.h"

#include <charconv>
#include <limits>

#include "ipc/go_duration.h"

namespace supervisor {
namespace {

using ipc::Fault;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kShortestDuration = 15min;  // STS refuses less
constexpr std::chrono::seconds kLongestDuration = 12h;     // the longest MaxSessionDuration of a role

bool asks_for(const CommandLine& line, const OptionRow& row) {
  return row.kind == OptionKind::Value ? line.has(row.name) : line.flag(row.name);
}

// The mode column of the table: an option of a mode that is not on would do nothing, so it is refused.
ipc::Status check_modes(const CommandLine& line) {
  const bool server = line.flag("server"), unix_socket = line.flag("unix-socket");
  for (const OptionRow& row : kOptions) {
    if (is_top(row) || !asks_for(line, row)) continue;
    const std::string name = "--" + std::string(row.name);
    if (row.mode != OptionMode::Exec && !server) {
      return ipc::fail(Fault::kUsage, name + " does nothing without --server",
                       "add --server or leave " + name + " out");
    }
    if (row.mode == OptionMode::UnixServer && !unix_socket) {
      return ipc::fail(Fault::kUsage, name + " does nothing without --unix-socket",
                       "add --unix-socket or leave " + name + " out");
    }
    if (row.mode == OptionMode::TcpServer && unix_socket && !line.flag("allow-tcp-fallback")) {
      return ipc::fail(Fault::kUsage, name + " does nothing with --unix-socket",
                       "leave one of them out, or add --allow-tcp-fallback");
    }
  }
  return {};
}

ipc::Status check_guards(const CommandLine& line, const Surroundings& around) {
  if (!around.sentinel.empty()) {
    return ipc::fail(
        Fault::kUsage,
        "this is already inside a sentinel run, for profile " + std::string(around.sentinel) + " (AWS_SENTINEL is set)",
        "leave that shell first; if it is none, unset AWS_SENTINEL");
  }
  if (!line.has("profile")) return ipc::fail(Fault::kUsage, "--profile is missing", "add --profile NAME");
  if (line.has("policy-parameter") && line.has("policy-file")) {
    return ipc::fail(Fault::kUsage, "--policy-parameter and --policy-file are both given", "leave one of them out");
  }
  if (!line.has("policy-parameter") && !line.has("policy-file")) {
    return ipc::fail(Fault::kUsage, "no policy is named", "add --policy-parameter NAME or --policy-file PATH");
  }
  if (ipc::Status modes = check_modes(line); !modes) return modes;
  if (!line.flag("server")) {
    return ipc::fail(Fault::kUsage, "exec without --server comes in a later version",
                     "add --server, or --server --unix-socket");
  }
  return {};
}

ipc::Result<std::uint16_t> port_number(const std::string& text) {
  unsigned long port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port > std::numeric_limits<std::uint16_t>::max()) {
    return ipc::fail(Fault::kUsage, "--server-port " + text + " is not a port", "give a number from 0 to 65535");
  }
  return static_cast<std::uint16_t>(port);
}

ipc::Result<std::chrono::seconds> server_duration(const std::string& text) {
  const auto parsed = ipc::parse_go_duration(text);
  if (!parsed) {
    return ipc::fail(Fault::kUsage, "--server-duration " + text + ": " + parsed.error().what,
                     "write it as 15m or 1h30m");
  }
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(*parsed);
  if (*parsed < kShortestDuration || *parsed > kLongestDuration) {
    return ipc::fail(Fault::kUsage, "--server-duration " + text + " is outside what AWS grants", "give 15m to 12h");
  }
  if (whole != *parsed)
    return ipc::fail(Fault::kUsage, "--server-duration " + text + " is not whole seconds", "round it");
  return whole;
}

// A value that the protocol table cannot carry whole is refused rather than cut.
template <std::size_t N>
ipc::Status fits(const std::string& name, const std::string& value) {
  if (ipc::Text<N> text; text.assign(value)) return {};
  return ipc::fail(Fault::kUsage, name + " is longer than " + std::to_string(N) + " bytes", "shorten it");
}

ipc::Status check_lengths(const ExecRequest& request) {
  const ipc::Begin begin;
  for (const ipc::Status& s :
       {fits<decltype(begin.profile)::kCapacity>("--profile", request.profile),
        fits<decltype(begin.policy_parameter)::kCapacity>("--policy-parameter", request.policy_parameter),
        fits<decltype(begin.policy_file)::kCapacity>("--policy-file", request.policy_file),
        fits<decltype(begin.region)::kCapacity>("--region", request.region),
        fits<decltype(ipc::LogSink{}.label)::kCapacity>("--log-file", request.log_file)}) {
    if (!s) return s;
  }
  for (const char c : request.profile) {
    // The name goes into an environment variable, a config file and the decision log.
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return ipc::fail(Fault::kUsage, "--profile has a control character in it",
                       "give the profile's name as in ~/.aws/config");
    }
  }
  return {};
}

}  // namespace

std::string absolute_path(std::string_view path, std::string_view folder) {
  if (path.empty() || path.front() == '/') return std::string(path);
  return std::string(folder) + "/" + std::string(path);
}

ipc::Result<ExecRequest> exec_request(const CommandLine& line, const Surroundings& around) {
  if (ipc::Status guards = check_guards(line, around); !guards) return std::unexpected(guards.error());
  ExecRequest request;
  request.profile = line.value("profile");
  request.policy_parameter = line.value("policy-parameter");
  request.policy_file = absolute_path(line.value("policy-file"), around.folder);
  request.region = line.value("region");
  request.transport = line.flag("unix-socket") ? ipc::Transport::Unix : ipc::Transport::Tcp;
  request.allow_tcp_fallback = line.flag("allow-tcp-fallback");
  if (line.has("unix-socket-path"))
    request.unix_socket_path = absolute_path(line.value("unix-socket-path"), around.folder);
  const auto port = port_number(line.value("server-port"));
  if (!port) return std::unexpected(port.error());
  request.port = *port;
  request.lazy = line.flag("lazy");
  const auto duration = server_duration(line.value("server-duration"));
  if (!duration) return std::unexpected(duration.error());
  request.duration = *duration;
  if (line.has("log-file")) request.log_file = absolute_path(line.value("log-file"), around.folder);
  request.log_stderr = line.flag("log-stderr");
  request.log_sync = line.flag("log-sync");
  request.quiet = line.flag("quiet");
  const std::string end = line.value("on-broker-exit");
  if (end != "kill" && end != "keep") {
    return ipc::fail(Fault::kUsage, "--on-broker-exit " + end + " is unknown", "give kill or keep");
  }
  request.on_broker_exit = end == "keep" ? OnBrokerExit::Keep : OnBrokerExit::Kill;
  request.command = line.command;
  if (request.command.empty()) request.command = {around.shell.empty() ? "/bin/sh" : std::string(around.shell)};
  if (request.command.front().empty())
    return ipc::fail(Fault::kUsage, "the command's name is empty", "name a command after --");
  if (ipc::Status lengths = check_lengths(request); !lengths) return std::unexpected(lengths.error());
  return request;
}

}  // namespace supervisor
