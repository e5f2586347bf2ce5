#include "command_line/request.h"

#include <charconv>
#include <limits>

#include "command_line/remote_url.h"
#include "ipc/go_duration.h"
#include "ipc/sts_limits.h"

namespace supervisor {
namespace {

using ipc::Fault;
using namespace std::chrono_literals;
using std::chrono::seconds;

// A duration that an option takes, and why no other.
struct DurationRow {
  std::string_view option;
  seconds shortest, longest;
  std::string_view why_not, bounds;
};
constexpr std::string_view kStsBounds = "give 15m to 12h";  // STS refuses less; no role grants more
constexpr DurationRow kServerDuration{"server-duration", ipc::sts::kShortest, ipc::sts::kLongestOfRole, " is outside what AWS grants", kStsBounds};
constexpr DurationRow kDuration{"duration", ipc::sts::kShortest, ipc::sts::kLongestOfRole, " is outside what AWS grants", kStsBounds};
constexpr DurationRow kPolicyPoll{"policy-poll", 5s, 1h, " is out of bounds", "give 5s to 1h"};
constexpr DurationRow kPolicyMaxAge{"policy-max-age", 0s, 24h, " is out of bounds", "give at most 24h"};

constexpr std::uint64_t kMi = 1024 * 1024;
constexpr std::uint64_t kSmallestLog = kMi, kLargestLog = 16 * 1024 * kMi;

// What judges and what serves in the place of --remote-server.
ipc::Status check_remote_alone(const CommandLine& line) {
  if (!line.has("remote-server")) return {};
  if (line.flag("server")) {
    return ipc::fail(Fault::kUsage, "--server and --remote-server are both given",
                     "leave --server out: with --remote-server the command is served, too");
  }
  for (const char* policy : {"policy-parameter", "policy-file"}) {
    if (!line.has(policy)) continue;
    return ipc::fail(Fault::kUsage, "--" + std::string(policy) + " and --remote-server are both given",
                     "leave one of them out: the remote server judges by a policy of its own");
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
  if (ipc::Status alone = check_remote_alone(line); !alone) return alone;
  if (ipc::Status fits = check_command_line(line); !fits) return fits;
  if (line.has("policy-key") && line.has("policy-kms-key")) {
    return ipc::fail(Fault::kUsage, "--policy-key and --policy-kms-key are both given", "leave one of them out");
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

// 0 where the option is not given and has no default.
ipc::Result<seconds> duration_of(const CommandLine& line, const DurationRow& row) {
  const std::string text = line.value(row.option), name = "--" + std::string(row.option) + " " + text;
  if (text.empty()) return 0s;
  const auto parsed = ipc::parse_go_duration(text);
  if (!parsed) return ipc::fail(Fault::kUsage, name + ": " + parsed.error().what, "write it as 15m or 1h30m");
  if (*parsed < row.shortest || *parsed > row.longest) {
    return ipc::fail(Fault::kUsage, name + std::string(row.why_not), std::string(row.bounds));
  }
  const auto whole = std::chrono::duration_cast<seconds>(*parsed);
  if (whole != *parsed) return ipc::fail(Fault::kUsage, name + " is not whole seconds", "round it");
  return whole;
}

// What one unit of a size is in bytes; 0 for none that we know.
std::uint64_t unit_bytes(std::string_view unit) {
  constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
      {"", 1},      {"KiB", 1024}, {"MiB", kMi},     {"GiB", 1024 * kMi},
      {"kB", 1000}, {"KB", 1000},  {"MB", 1000'000}, {"GB", 1000'000'000},
  };
  for (const auto& [name, bytes] : kUnits) {
    if (name == unit) return bytes;
  }
  return 0;
}

// 0 where the option is not given.
ipc::Result<std::uint64_t> log_size(const CommandLine& line) {
  const std::string text = line.value("log-max-size"), name = "--log-max-size " + text;
  if (text.empty()) return 0;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::uint64_t unit = unit_bytes({end, static_cast<std::size_t>(text.data() + text.size() - end)});
  if (error == std::errc::invalid_argument || unit == 0) {
    return ipc::fail(Fault::kUsage, name + " is not a size", "write it as 64MiB, 10MB or 1000000");
  }
  if (error != std::errc{} || number > kLargestLog / unit || number * unit < kSmallestLog) {
    return ipc::fail(Fault::kUsage, name + " is out of bounds", "give 1MiB to 16GiB");
  }
  return number * unit;
}

// A value that the protocol table cannot carry whole is refused rather than cut.
template <std::size_t N>
ipc::Status fits(const std::string& name, const std::string& value, const ipc::Text<N>& /*field*/) {
  if (ipc::Text<N> text; text.assign(value)) return {};
  return ipc::fail(Fault::kUsage, name + " is longer than " + std::to_string(N) + " bytes", "shorten it");
}

ipc::Status check_lengths(const ExecRequest& request) {
  const ipc::Begin begin;
  for (const ipc::Status& s :
       {fits("--profile", request.profile, begin.profile),
        fits("--policy-parameter", request.policy_parameter, begin.policy_parameter),
        fits("--policy-file", request.policy_file, begin.policy_file), fits("--region", request.region, begin.region),
        fits("--session-table", request.session_table, begin.session_table),
        fits("--remote-server", request.remote_url, begin.remote_url),
        fits("--remote-token-file", request.remote_token_file, begin.remote_token_file),
        fits("--policy-key", request.policy_key, begin.policy_key),
        fits("--policy-kms-key", request.policy_kms_key, begin.policy_kms_key),
        fits("--log-key", request.log_key, begin.log_key), fits("--log-key-id", request.log_key_id, begin.log_key_id),
        fits("--log-file", request.log_file, ipc::LogSink{}.label)}) {
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

ipc::RunMode mode_of(const CommandLine& line) {
  if (line.is(Program::Credentials)) return ipc::RunMode::CredentialProcess;
  if (line.is(Program::Whoami)) return ipc::RunMode::Whoami;
  return line.flag("server") || line.has("remote-server") ? ipc::RunMode::Server : ipc::RunMode::Cli;
}

// How the key that everything begins with is come by.
ipc::Status take_sources(const CommandLine& line, const Surroundings& around, ExecRequest& request) {
  if (line.has("remote-server")) {
    auto url = remote_url(line.value("remote-server"));
    if (!url) return std::unexpected(url.error());
    request.remote_url = std::move(*url);
    request.remote_token_file = absolute_path(line.value("remote-token-file"), around.folder);
  }
  request.env_keys = line.flag("env-keys");
  request.auto_login = line.flag("auto-login");
  request.no_browser = line.flag("stdout");
  request.prompt = prompt_method(line.value("prompt"));
  if (request.prompt == PromptMethod::Terminal && request.mode == ipc::RunMode::Server) {
    return ipc::fail(Fault::kUsage,
                     "--prompt terminal does nothing once the command runs, because the terminal is the command's then",
                     "leave --prompt out: the start asks on the terminal, and later a window does");
  }
  const std::string code = line.value("mfa-token");
  const bool digits = code.size() == 6 && code.find_first_not_of("0123456789") == std::string::npos;
  if (line.has("mfa-token") && (!digits || !request.mfa_token.assign(code))) {
    return ipc::fail(Fault::kUsage, "what --mfa-token gives is not a code",
                     "give the six digits that the device shows");
  }
  return {};
}

ipc::Status take_durations(const CommandLine& line, ExecRequest& request) {
  const auto duration = duration_of(line, request.mode == ipc::RunMode::Server ? kServerDuration : kDuration);
  if (!duration) return std::unexpected(duration.error());
  request.duration = *duration;
  if (request.mode != ipc::RunMode::Server) return {};  // the policy is asked once
  const auto poll = duration_of(line, kPolicyPoll), age = duration_of(line, kPolicyMaxAge);
  if (!poll) return std::unexpected(poll.error());
  if (!age) return std::unexpected(age.error());
  request.policy_poll = *poll;
  request.policy_max_age = *age;
  return {};
}

void take_policy(const CommandLine& line, const Surroundings& around, ExecRequest& request) {
  request.profile = line.value("profile");
  request.policy_parameter = line.value("policy-parameter");
  request.policy_file = absolute_path(line.value("policy-file"), around.folder);
  request.policy_key = absolute_path(line.value("policy-key"), around.folder);
  request.policy_kms_key = line.value("policy-kms-key");
  request.region = line.value("region");
}

ipc::Status take_server(const CommandLine& line, const Surroundings& around, ExecRequest& request) {
  request.transport = line.flag("unix-socket") ? ipc::Transport::Unix : ipc::Transport::Tcp;
  request.allow_tcp_fallback = line.flag("allow-tcp-fallback");
  if (line.has("unix-socket-path"))
    request.unix_socket_path = absolute_path(line.value("unix-socket-path"), around.folder);
  const auto port = port_number(line.value("server-port"));
  if (!port) return std::unexpected(port.error());
  request.port = *port;
  request.lazy = line.flag("lazy");
  if (line.has("session-table")) request.session_table = line.value("session-table");
  if (request.session_table.empty() && !line.has("remote-server")) request.session_table = around.session_table;
  request.on_broker_exit = line.value("on-broker-exit") == "keep" ? OnBrokerExit::Keep : OnBrokerExit::Kill;
  return {};
}

ipc::Status take_log(const CommandLine& line, const Surroundings& around, ExecRequest& request) {
  if (line.has("log-file")) request.log_file = absolute_path(line.value("log-file"), around.folder);
  request.log_stderr = line.flag("log-stderr");
  request.log_syslog = line.flag("log-syslog");
  request.log_sync = line.flag("log-sync");
  request.log_key = absolute_path(line.value("log-key"), around.folder);
  request.log_key_id = line.value("log-key-id");
  const auto size = log_size(line);
  if (!size) return std::unexpected(size.error());
  request.log_max_bytes = *size;
  request.quiet = line.flag("quiet");
  return {};
}

ipc::Status take_command(const CommandLine& line, const Surroundings& around, ExecRequest& request) {
  request.command = line.arguments;
  if (request.command.empty()) request.command = {around.shell.empty() ? "/bin/sh" : std::string(around.shell)};
  if (!request.command.front().empty()) return {};
  return ipc::fail(Fault::kUsage, "the command's name is empty", "name a command after --");
}

}  // namespace

std::string absolute_path(std::string_view path, std::string_view folder) {
  if (path.empty() || path.front() == '/') return std::string(path);
  return std::string(folder) + "/" + std::string(path);
}

ipc::Result<ExecRequest> exec_request(const CommandLine& line, const Surroundings& around) {
  if (ipc::Status guards = check_guards(line, around); !guards) return std::unexpected(guards.error());
  ExecRequest request;
  request.mode = mode_of(line);
  take_policy(line, around, request);
  request.json = line.flag("json");
  ipc::Status taken = take_sources(line, around, request);
  if (taken && request.mode == ipc::RunMode::Server) taken = take_server(line, around, request);
  if (taken) taken = take_durations(line, request);
  if (taken) taken = take_log(line, around, request);
  if (taken && line.is(Program::Exec)) taken = take_command(line, around, request);
  if (taken) taken = check_lengths(request);
  if (!taken) return std::unexpected(taken.error());
  return request;
}

}  // namespace supervisor
