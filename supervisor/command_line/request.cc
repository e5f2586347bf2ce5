#include "command_line/request.h"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <limits>
#include <optional>

#include "argument/field_text.h"
#include "argument/remote_url.h"
#include "ipc/task_limits.h"
#include "ipc/text/byte_size.h"
#include "ipc/text/go_duration.h"

namespace supervisor {
namespace {

using ipc::Fault;

// An option that takes a duration, and what is said of one that its field of the task cannot hold.
struct DurationRow {
  std::string_view option, why_not, bounds;
};
constexpr std::string_view kStsBounds = "give 15m to 12h";  // STS refuses less; no role grants more
constexpr DurationRow kServerDuration{"server-duration", " is outside what AWS grants", kStsBounds};
constexpr DurationRow kDuration{"duration", " is outside what AWS grants", kStsBounds};
constexpr DurationRow kPolicyPoll{"policy-poll", " is out of bounds", "give 5s to 1h"};
constexpr DurationRow kRemember{"remember", " is out of bounds", "give 1m to 12h"};
constexpr DurationRow kPolicyMaxAge{"policy-max-age", " is out of bounds", "give at most 24h"};

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
  for (const auto& [one, other] : {std::pair("policy-key", "policy-kms-key"), std::pair("quiet", "verbose")}) {
    const OptionRow *first = find_option(one, line.scope), *second = find_option(other, line.scope);
    if (!first || !second || !line.asks_for(*first) || !line.asks_for(*second)) continue;
    return ipc::fail(Fault::kUsage, "--" + std::string(one) + " and --" + other + " are both given",
                     "leave one of them out");
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

// Leaves the field as it is where there is no text.
template <class Field>
ipc::Status take_duration(const std::string& text, const DurationRow& row, Field& field) {
  if (text.empty()) return {};
  const std::string name = "--" + std::string(row.option) + " " + text;
  const auto parsed = ipc::parse_go_duration(text);
  if (!parsed) return ipc::fail(Fault::kUsage, name + ": " + parsed.error().what, "write it as 15m or 1h30m");
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(*parsed);
  if (*parsed < Field::kShortest || *parsed > Field::kLongest || !field.assign(whole)) {
    return ipc::fail(Fault::kUsage, name + std::string(row.why_not), std::string(row.bounds));
  }
  if (whole != *parsed) return ipc::fail(Fault::kUsage, name + " is not whole seconds", "round it");
  return {};
}

// 0 where the option is not given.
ipc::Result<std::uint64_t> log_size(const CommandLine& line) {
  const std::string text = line.value("log-max-size"), name = "--log-max-size " + text;
  if (text.empty()) return 0;
  const std::optional<std::uint64_t> bytes = ipc::parse_byte_size(text);
  if (!bytes) return ipc::fail(Fault::kUsage, name + " is not a size", "write it as 64MiB, 10MB or 1000000");
  if (*bytes < ipc::kSmallestLog || *bytes > ipc::kLargestLog) {
    return ipc::fail(Fault::kUsage, name + " is out of bounds", "give 1MiB to 16GiB");
  }
  return *bytes;
}

template <std::size_t N>
ipc::Status take_word(const CommandLine& line, std::string_view option, ipc::Text<N>& field) {
  return take_text(option, line.value(option), field);
}

template <std::size_t N>
ipc::Status take_path(const CommandLine& line, const Surroundings& around, std::string_view option,
                      ipc::Text<N>& field) {
  return take_text(option, absolute_path(line.value(option), around.folder), field);
}

ipc::RunMode mode_of(const CommandLine& line) {
  if (line.is(Program::Credentials)) return ipc::RunMode::CredentialProcess;
  if (line.is(Program::Whoami) || line.is(Program::Init)) return ipc::RunMode::Whoami;
  if (line.is(Program::Login)) return ipc::RunMode::Login;
  return line.flag("server") || line.has("remote-server") ? ipc::RunMode::Server : ipc::RunMode::Cli;
}

ipc::Status take_texts(const CommandLine& line, const Surroundings& around, ipc::Begin& task) {
  for (const ipc::Status& taken :
       {take_word(line, "policy-parameter", task.policy_parameter),
        take_path(line, around, "policy-file", task.policy_file),
        take_path(line, around, "policy-key", task.policy_key), take_word(line, "policy-kms-key", task.policy_kms_key),
        take_word(line, "region", task.region), take_path(line, around, "log-key", task.log_key),
        take_word(line, "log-key-id", task.log_key_id)}) {
    if (!taken) return taken;
  }
  return {};
}

ipc::Status take_remote(const CommandLine& line, const Surroundings& around, ipc::Begin& task) {
  if (!line.has("remote-server")) return {};
  const auto url = remote_url(line.value("remote-server"));
  if (!url) return std::unexpected(url.error());
  if (ipc::Status taken = take_text("remote-server", *url, task.remote_url); !taken) return taken;
  return take_path(line, around, "remote-token-file", task.remote_token_file);
}

ipc::Status take_mfa_code(const CommandLine& line, ExecRequest& request) {
  const std::string code = line.value("mfa-token"), number = line.value("mfa-token-fd");
  if (line.has("mfa-token") && line.has("mfa-token-fd")) {
    return ipc::fail(Fault::kUsage, "--mfa-token and --mfa-token-fd are both given", "leave one of them out");
  }
  if (line.has("mfa-token-fd")) {
    int fd = -1;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), fd);
    if (error != std::errc{} || end != number.data() + number.size() || fd < 0) {
      return ipc::fail(Fault::kUsage, "--mfa-token-fd " + number + " is not a descriptor",
                       "give its number, such as 3");
    }
    request.mfa_token_fd = fd;
    return {};
  }
  if (code == "-") request.mfa_token_fd = STDIN_FILENO;
  if (!line.has("mfa-token") || request.mfa_token_fd || take_mfa_digits(code, request.mfa_token)) return {};
  return ipc::fail(Fault::kUsage, "what --mfa-token gives is not a code", "give the six digits that the device shows");
}

// How the user is asked for what the key to begin with needs.
ipc::Status take_prompts(const CommandLine& line, ExecRequest& request) {
  request.task.environment_keys = line.flag("env-keys");
  request.task.auto_login = line.flag("auto-login");
  request.task.allow_user_namespace = line.flag("allow-user-namespace");
  request.no_browser = line.flag("stdout");
  request.task.browser_login = request.task.auto_login && !request.no_browser && !line.flag("device-code");
  request.share_mfa = line.flag("share-mfa");
  request.cache = line.flag("cache");
  request.prompt = prompt_method(line.value("prompt"));
  if (request.prompt == PromptMethod::Terminal && request.task.mode == ipc::RunMode::Server) {
    return ipc::fail(Fault::kUsage,
                     "--prompt terminal does nothing once the command runs, because the terminal is the command's then",
                     "leave --prompt out: the start asks on the terminal, and later a window does");
  }
  return take_mfa_code(line, request);
}

// What exec says where the option is not given, also of the other commands: their policy is asked once.
std::string given_or_default(const CommandLine& line, std::string_view option) {
  return line.has(option) ? line.value(option)
                          : std::string(find_option(option, Scope(*find_command("exec")))->initial);
}

ipc::Status take_durations(const CommandLine& line, ipc::Begin& task) {
  const DurationRow& duration = task.mode == ipc::RunMode::Server ? kServerDuration : kDuration;
  ipc::Status taken = take_duration(line.value(duration.option), duration, task.duration);
  if (taken) taken = take_duration(given_or_default(line, kPolicyPoll.option), kPolicyPoll, task.policy_poll);
  if (taken) taken = take_duration(given_or_default(line, kPolicyMaxAge.option), kPolicyMaxAge, task.policy_max_age);
  return taken;
}

ipc::Status take_server(const CommandLine& line, const Surroundings& around, ExecRequest& request) {
  request.task.transport = line.flag("unix-socket") ? ipc::Transport::Unix : ipc::Transport::Tcp;
  request.task.lazy = line.flag("lazy");
  request.task.quiet_reasons = line.flag("quiet-reasons");
  request.allow_tcp_fallback = line.flag("allow-tcp-fallback");
  if (line.has("unix-socket-path"))
    request.unix_socket_path = absolute_path(line.value("unix-socket-path"), around.folder);
  const auto port = port_number(line.value("server-port"));
  if (!port) return std::unexpected(port.error());
  request.port = *port;
  request.on_broker_exit = line.value("on-broker-exit") == "keep" ? OnBrokerExit::Keep : OnBrokerExit::Kill;
  request.on_tamper = line.value("on-tamper") == "warn" ? OnTamper::Warn : OnTamper::End;
  return take_word(line, "session-table", request.task.session_table);
}

ipc::Status take_log(const CommandLine& line, const Surroundings& around, ExecRequest& request) {
  if (line.has("log-file")) request.log_file = absolute_path(line.value("log-file"), around.folder);
  request.log_stderr = line.flag("log-stderr");
  request.log_syslog = line.flag("log-syslog");
  request.log_sync = line.flag("log-sync");
  request.quiet = line.flag("quiet");
  const auto size = log_size(line);
  if (!size) return std::unexpected(size.error());
  request.task.log_max_bytes = *size;
  decltype(ipc::LogSink::label) label;  // the file's path goes there as it is
  return take_text("log-file", request.log_file, label);
}

ipc::Status take_command(const CommandLine& line, const Surroundings& around, ExecRequest& request) {
  request.command = line.arguments;
  if (request.command.empty()) request.command = {around.shell.empty() ? "/bin/sh" : std::string(around.shell)};
  if (!request.command.front().empty()) return {};
  return ipc::fail(Fault::kUsage, "the command's name is empty", "name a command after --");
}

}  // namespace

bool take_mfa_digits(std::string_view text, ipc::Secret<16>& code) {
  constexpr std::size_t kDigits = 6;
  return text.size() == kDigits && text.find_first_not_of("0123456789") == text.npos && code.assign(text);
}

std::string absolute_path(std::string_view path, std::string_view folder) {
  if (path.empty() || path.front() == '/') return std::string(path);
  return std::string(folder) + "/" + std::string(path);
}

ipc::Result<ExecRequest> exec_request(const CommandLine& line, const Surroundings& around) {
  if (ipc::Status guards = check_guards(line, around); !guards) return std::unexpected(guards.error());
  ExecRequest request;
  request.task.mode = mode_of(line);
  request.task.transport = ipc::Transport::Tcp;
  request.json = line.flag("json");
  request.key_format = key_format(line.value("format"));
  request.first_files = line.is(Program::Init);
  ipc::Status taken = take_profiles(line, request);
  if (taken) taken = take_texts(line, around, request.task);
  if (taken) taken = take_remote(line, around, request.task);
  if (taken) taken = take_prompts(line, request);
  if (taken && request.task.mode == ipc::RunMode::Server) taken = take_server(line, around, request);
  if (taken) taken = take_durations(line, request.task);
  if (taken) taken = take_log(line, around, request);
  if (taken) taken = take_duration(line.value(kRemember.option), kRemember, request.remember.lives);
  if (taken) taken = take_word(line, "destination", request.console.destination);
  if (taken && line.is(Program::Exec)) taken = take_command(line, around, request);
  if (!taken) return std::unexpected(taken.error());
  return request;
}

}  // namespace supervisor
