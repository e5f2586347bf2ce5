// What the tables demand of a command line together: options.h, its second half.
#include <vector>

#include "command_line/options.h"
#include "ipc/text/ascii.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::string_view kJudgedThere = "leave one of them out: the remote server judges by a policy of its own";

std::string with_argument(std::string_view name, const CommandLine& line) {
  const OptionRow* row = find_option(name, line.scope);
  return "--" + std::string(name) + (row->argument.empty() ? "" : " " + std::string(ipc::one_argument(*row)));
}

// One item of the required column: exactly one of the options with | between them, or at most one, or at least one.
ipc::Status check_required(Choice choice, const CommandLine& line) {
  std::vector<std::string_view> names, there;
  while (!choice.names.empty()) {
    names.push_back(next_item(choice.names, '|'));
    if (const OptionRow* row = find_option(names.back(), line.scope); row && line.asks_for(*row))
      there.push_back(names.back());
  }
  if (there.size() == 1 || (there.empty() && !choice.must)) return {};
  if (there.size() > 1 && choice.several) return {};
  if (there.size() > 1) {
    return ipc::fail(Fault::kUsage,
                     "--" + std::string(there[0]) + " and --" + std::string(there[1]) + " are both given",
                     "leave one of them out");
  }
  std::string missing, add;
  for (const std::string_view name : names) {
    if (!choice.several || missing.empty()) missing += (missing.empty() ? "--" : " or --") + std::string(name);
    add += (add.empty() ? "add " : " or ") + with_argument(name, line);
  }
  if (!line.scope.command()->is_tool()) {
    const bool alone = line.arguments.size() == 1;  // `sentinel exec dev`, as other tools take it
    if (names.front() == "profile" && alone && line.is(Program::Exec))
      return ipc::fail(
          Fault::kUsage, missing + " is missing",
          "a word before -- is the profile: write `sentinel exec " + line.arguments.front() + " --` for a shell");
    add += std::string(names.front() == "profile" ? ", write it before --, or set AWS_PROFILE" : "") +
           "; ~/.config/sentinel/config can say it for every run";
  }
  return ipc::fail(Fault::kUsage, missing + " is missing", add);
}

ipc::Status needs(std::string_view option, std::string_view other) {
  const std::string name = "--" + std::string(option), needed = "--" + std::string(other);
  return ipc::fail(Fault::kUsage, name + " does nothing without " + needed,
                   "add " + needed + " or leave " + name + " out");
}

// What an option says nothing to: it would be ignored, so it is refused.
ipc::Status useless(std::string_view option, std::string_view with, std::string_view next_step) {
  return ipc::fail(Fault::kUsage, "--" + std::string(option) + " does nothing with --" + std::string(with),
                   std::string(next_step));
}

ipc::Status check_server_mode(const CommandLine& line, const OptionRow& row) {
  const bool remote = line.has("remote-server"), served = line.flag("server") || remote;
  const bool unix_socket = line.flag("unix-socket");
  if (row.mode == OptionMode::NoServer) {
    if (!served) return {};
    return useless(row.name, remote ? "remote-server" : "server", "write --server-duration, or leave one of them out");
  }
  if (!served) return needs(row.name, "server");
  if (row.mode == OptionMode::PolicyServer && remote) return useless(row.name, "remote-server", kJudgedThere);
  if (row.mode == OptionMode::UnixServer && !unix_socket) return needs(row.name, "unix-socket");
  if (row.mode == OptionMode::TcpServer && unix_socket && !line.flag("allow-tcp-fallback"))
    return useless(row.name, "unix-socket", "leave one of them out, or add --allow-tcp-fallback");
  return {};
}

ipc::Status check_count(const CommandLine& line) {
  const CommandRow& command = *line.scope.command();
  const std::string words(command.words), positional(command.positional);
  if (line.arguments.size() > command.most) {
    if (command.most == ipc::kMaxFiles) return ipc::too_many_files(command, line.arguments.size());
    const std::string extra = line.arguments[command.most];
    return ipc::fail(Fault::kUsage, "unexpected argument " + extra, see_help(line.scope));
  }
  if (line.arguments.size() < command.least) {
    return ipc::fail(Fault::kUsage, words + " needs " + positional, see_help(line.scope));
  }
  return {};
}

}  // namespace

ipc::Status check_mode(const CommandLine& line, const OptionRow& row) {
  const auto with = [&](std::string_view other) { return line.has(other) ? ipc::Status{} : needs(row.name, other); };
  switch (row.mode) {
    case OptionMode::Any:
      return {};
    case OptionMode::Server:
    case OptionMode::UnixServer:
    case OptionMode::TcpServer:
    case OptionMode::NoServer:
    case OptionMode::PolicyServer:
      return check_server_mode(line, row);
    case OptionMode::LocalPolicy:
      if (line.has("remote-server")) return useless(row.name, "remote-server", kJudgedThere);
      return line.has("policy-file") ? ipc::Status{} : with("policy-parameter");
    case OptionMode::OwnKey:
      if (!line.has("remote-token-file")) return {};
      return useless(row.name, "remote-token-file", "leave one of them out: the token is sent instead of a signature");
    case OptionMode::WithProfile:
      return with("profile");
    case OptionMode::WithLogKey:
      return with("log-key");
    case OptionMode::WithRemote:
      return with("remote-server");
    case OptionMode::WithAutoLogin:
      return line.flag("auto-login") ? ipc::Status{} : needs(row.name, "auto-login");
    case OptionMode::NoJson:
      return line.flag("json") ? useless(row.name, "json", "leave one of them out") : ipc::Status{};
  }
  return {};
}

ipc::Status check_command_line(const CommandLine& line) {
  for (std::string_view list = line.scope.command()->required; !list.empty();) {
    if (ipc::Status there = check_required(choice_of(next_item(list)), line); !there) return there;
  }
  for (const OptionRow& row : kOptions) {
    if (!line.scope.has(row) || !line.asks_for(row)) continue;
    if (ipc::Status fits = check_mode(line, row); !fits) return fits;
  }
  return check_count(line);
}

ipc::Error with_places(ipc::Error error, const CommandLine& line) {
  for (const auto& [option, place] : line.places) {
    const std::string name = "--" + option;
    for (std::size_t at = error.what.find(name); at != std::string::npos; at = error.what.find(name, at + 1)) {
      const std::size_t end = at + name.size();
      if (end < error.what.size() && (ipc::is_alphanumeric(error.what[end]) || error.what[end] == '-')) continue;
      error.what.insert(end, " (set in " + place + ")");
      const OptionRow* row = find_option(option, line.scope);
      if (row && row->kind == OptionKind::Flag && line.flag(option) && !place.ends_with("final"))
        error.next_step += "; --no-" + option + " undoes it";
      break;
    }
  }
  return error;
}

}  // namespace supervisor
