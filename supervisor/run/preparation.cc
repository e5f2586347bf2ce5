#include "run/preparation.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "errands/browser_sign_in.h"
#include "state/files.h"
#include "state/open_policy.h"
#include "terminal/exit_codes.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

std::unexpected<CommandError> refused(ipc::Error error, ipc::RunMode mode) {
  return std::unexpected(CommandError{own_failure(program_of(mode)), std::move(error)});
}

// A path as the AWS SDKs read it: ~ is the home folder. The helpers run in another folder, so it becomes absolute here.
std::string sdk_path(std::string_view value, std::string_view home, std::string_view cwd) {
  if (value.starts_with("~/") && home.empty()) return std::string(value);  // which the broker refuses where it reads it
  if (value.starts_with("~/")) return std::string(home) + std::string(value.substr(1));
  return absolute_path(value, cwd);
}

ipc::Result<ipc::Settings> read_settings(const std::vector<std::string>& environment, std::string_view home,
                                         std::string_view cwd) {
  ipc::Settings settings;
  for (const ipc::SettingRow& row : ipc::kSettings) {
    std::string value(environment_value(environment, row.name));
    if (value.empty()) continue;
    if (row.name.ends_with("_FILE") || row.name.ends_with("_BUNDLE")) value = sdk_path(value, home, cwd);
    if (value.size() > ipc::kMostSettingBytes) {  // by the folder that was put before it
      return ipc::fail(ipc::Fault::kConfig, "the variable " + std::string(row.name) + " is too long",
                       "shorten or unset it");
    }
    settings.emplace(row.name, std::move(value));
  }
  return settings;
}

ipc::Status check_keys(const ExecRequest& request, const std::optional<ipc::EnvironmentKeys>& keys) {
  if (!request.task.environment_keys) return {};
  const bool id = keys && !keys->access_key_id.empty(), secret = keys && !keys->secret_access_key.reveal().empty();
  if (id && secret) return {};
  if (keys && !keys->too_long.empty()) return {};  // the broker says what is wrong with it
  return ipc::fail(ipc::Fault::kUsage,
                   "--env-keys is given, and " + std::string(id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID") +
                       " is not in the environment",
                   "set it, or leave --env-keys out");
}

ipc::Result<OpenListener> open_listener(const ExecRequest& request, const RunFolder& folder, OwnedPaths& owned) {
  if (request.task.transport == ipc::Transport::Tcp) return listen_tcp(request.port);
  auto listener = listen_unix(
      request.unix_socket_path.empty() ? folder.path + std::string(kSocketName) : request.unix_socket_path, owned);
  if (listener) return listener;
  if (!request.allow_tcp_fallback) {
    listener.error().next_step += listener.error().next_step.empty()
                                      ? "add --allow-tcp-fallback to serve over TCP then"
                                      : ", or add --allow-tcp-fallback to serve over TCP then";
    return listener;
  }
  say(listener.error().what + "; serving over TCP on 127.0.0.1 (--allow-tcp-fallback)");
  return listen_tcp(request.port);
}

ipc::Status open_what_each_run_needs(Preparation& p, const std::string& cwd) {
  p.account = own_account(environment_value(p.environment, "HOME"));
  if (p.account.home.size() > decltype(p.request.task.home)::kCapacity)
    return ipc::fail(ipc::Fault::kConfig, "the variable HOME is too long", "shorten or unset it");
  p.request.task.home = ipc::Text<4096>(std::string_view(p.account.home));
  p.request.task.os_user = ipc::Text<256>(std::string_view(p.account.name));
  auto helpers = find_helpers();
  if (!helpers) return std::unexpected(helpers.error());
  p.helpers = *helpers;
  auto settings = read_settings(p.environment, p.account.home, cwd);
  if (!settings) return std::unexpected(settings.error());
  p.settings = std::move(*settings);
  const std::string_view state_home = environment_value(p.environment, "XDG_STATE_HOME");
  if (p.request.task.mode != ipc::RunMode::Whoami) {  // which issues nothing, and answers though the log be broken
    auto logs = open_decision_logs(p.request, p.account.home, state_home);
    if (!logs) return std::unexpected(logs.error());
    p.logs = std::move(*logs);
    for (const DecisionLog& log : p.logs) {
      if (!log.without_head.empty()) say(log.without_head);
    }
  }
  auto policy = read_open_policy(p.request.task.policy_file.str());
  if (!policy) return std::unexpected(policy.error());
  p.policy_text = std::move(*policy);
  const auto open_kept = [&](bool asked_for, StateFile file, ipc::UniqueFd& to) {
    if (!asked_for) return;
    auto store = open_state_file(file, p.account.home, state_home);
    if (store) to = std::move(*store);
    if (!store) report(store.error());  // the run goes on, and shares nothing
  };
  open_kept(p.request.share_mfa, StateFile::Sessions, p.session_store);
  open_kept(p.request.cache, StateFile::RoleKeys, p.role_keys);
  open_kept(p.request.remember.lives.get().count() != 0, StateFile::Openers, p.openers);
  if (!demands_signature(p.request.task)) return {};
  auto versions = open_state_file(StateFile::PolicyVersions, p.account.home, state_home);
  if (!versions) return std::unexpected(versions.error());
  p.policy_versions = std::move(*versions);
  return {};
}

ipc::Status open_server(Preparation& p) {
  RunPlaces places;
  places.runtime_dir = environment_value(p.environment, "XDG_RUNTIME_DIR");
  places.home = p.account.home;
  places.state_home = environment_value(p.environment, "XDG_STATE_HOME");
  places.for_socket = p.request.task.transport == ipc::Transport::Unix && p.request.unix_socket_path.empty();
  auto folder = make_run_folder(places, p.owned);
  if (!folder) return std::unexpected(folder.error());
  p.folder = std::move(*folder);
  if (p.folder.in_shared && !p.request.quiet) {
    say("this run's files lie in " + p.folder.path +
        ": a sandbox with a /tmp of its own hides them from the command; set XDG_RUNTIME_DIR to a folder of yours "
        "alone");
  }
  auto listener = open_listener(p.request, p.folder, p.owned);
  if (!listener) return std::unexpected(listener.error());
  p.listener = std::move(*listener);
  p.request.task.transport = p.listener.transport;
  p.cgroup = OwnCgroup::make();
  return {};
}

}  // namespace

std::expected<Preparation, CommandError> prepare(ExecRequest request, std::vector<std::string> environment,
                                                 std::optional<ipc::EnvironmentKeys> keys, const std::string& cwd) {
  const ipc::RunMode mode = request.task.mode;
  if (ipc::Status there = check_keys(request, keys); !there) return refused(there.error(), mode);
  Preparation p;
  p.environment_keys = std::move(keys);
  p.request = std::move(request);
  p.request.task.environment_follows = p.environment_keys.has_value();
  p.environment = std::move(environment);
  p.request.task.browser_login = p.request.task.browser_login && opens_browser(p.environment);
  if (!p.request.command.empty()) {
    auto file = resolve_command(p.request.command.front(), environment_value(p.environment, "PATH"));
    if (!file) return std::unexpected(file.error());
    p.command_file = std::move(*file);
  }
  ipc::Status opened = open_what_each_run_needs(p, cwd);
  if (opened && p.request.task.mode == ipc::RunMode::Server) opened = open_server(p);
  if (!opened) {
    (void)p.owned.remove_all();
    return refused(opened.error(), mode);
  }
  return p;
}

bool demands_signature(const ipc::Begin& task, const char* host_key) {
  if (task.policy_file.empty() && task.policy_parameter.empty()) return false;
  if (!task.policy_key.empty() || !task.policy_kms_key.empty()) return true;
  struct stat st {};
  return ::lstat(host_key, &st) == 0 || errno != ENOENT;  // one that cannot be looked at may be there
}

ipc::Status write_aws_config(Preparation& p, std::span<const CommandProfile> profiles, FolderWatch& watch) {
  AwsConfigFacts facts{profiles, {}};
  if (p.listener.transport == ipc::Transport::Unix) facts.process_path = p.helpers.credential_process;
  const auto text = generated_config(facts);
  if (!text) return std::unexpected(text.error());
  const ssize_t written = ::write(p.folder.config.get(), text->data(), text->size());
  if (written != static_cast<ssize_t>(text->size())) return ipc::system_error("cannot write " + p.folder.config_path);
  p.folder.config.reset();
  return watch.wrote(p.folder.config_path, *text);
}

}  // namespace supervisor
