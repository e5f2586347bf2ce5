// sentinel: judges the command line, and becomes a tool, or runs once, or prepares, splits into face and keeper, and
// ends with the command's status.
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "child/environment_keys.h"
#include "child/process_tree.h"
#include "command_line/help.h"
#include "command_line/options.h"
#include "console/handover.h"
#include "ipc/process/lockdown.h"
#include "run/face.h"
#include "run/keeper.h"
#include "run/mfa_code.h"
#include "run/one_shot.h"
#include "run/preparation.h"
#include "run/tool.h"
#include "settings/apply.h"
#include "settings/log_of_runs.h"
#include "start/profile_picker.h"
#include "status/status.h"
#include "terminal/exit_codes.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

// 0 to 2 must be something: a descriptor of ours that landed there would be taken for the command's stdin or stderr.
void fill_standard_descriptors() {
  while (true) {
    const int fd = ::open("/dev/null", O_RDWR);
    if (fd > STDERR_FILENO || fd < 0) {
      if (fd >= 0) ::close(fd);
      return;
    }
  }
}

int print(const std::string& text, int failed) {
  return std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0 ? kExitShown : failed;
}

// How the command that is meant ends where Sentinel fails, and whether it asks for JSON.
struct Failing {
  int code = kExitOwnFailure;
  bool json = false;
};

int refuse(const ipc::Error& error, Failing how = {}) {
  how.json ? report_as_json(error) : report(error);
  return how.code;
}

Failing failing(std::span<const std::string_view> arguments) {
  const auto program = program_meant(arguments);
  const auto dashes = std::ranges::find(arguments, std::string_view("--"));
  const bool runs_a_command = program == Program::Exec;  // whose --json is its own
  return {own_failure(program), program && !runs_a_command && std::find(arguments.begin(), dashes, "--json") != dashes};
}

std::vector<std::string> own_environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry; ++entry) entries.emplace_back(*entry);
  return entries;
}

int split_and_run(Preparation& preparation) {
  const CallerSignals caller = hold_signals();
  auto own = ipc::Pidfd::open(::getpid());
  auto signals = signal_descriptor();
  if (!own || !signals) {
    preparation.cgroup.remove();
    (void)preparation.owned.remove_all();
    return refuse(own ? signals.error() : own.error());
  }
  const pid_t keeper = ::fork();
  if (keeper == 0) {
    signals->reset();
    return keep(preparation, caller, *own);
  }
  auto handle =
      keeper > 0 ? ipc::Pidfd::open(keeper) : ipc::Result<ipc::Pidfd>(ipc::system_error("cannot start the keeper"));
  if (!handle) {
    preparation.cgroup.remove();
    (void)preparation.owned.remove_all();
    return refuse(handle.error());
  }
  preparation.environment_keys.reset();
  preparation.logs.clear();
  preparation.policy_text.reset();
  preparation.folder.config.reset();
  return stand_for(keeper, *handle, signals->get(), preparation);
}

// Whom an SDK asks for credentials has no user at hand, and stdout is the SDK's.
bool wants_picker(const CommandLine& line, const std::vector<std::string>& environment) {
  const bool inside_a_run = !environment_value(environment, "AWS_SENTINEL").empty();
  const bool named = line.has("profile") || line.has("profiles") || line.flag("all-profiles");
  return !named && !line.is(Program::Credentials) && !inside_a_run && can_ask_for_profile();
}

// Prints what the run would be told, and whose word that is.
int show_settings(const CommandLine& line) {
  const auto sources = read_setting_sources(own_environment());
  const Failing failed{own_failure(line.scope.command()->program), line.flag("json")};
  if (!sources) return refuse(sources.error(), failed);
  const auto applied = apply_settings(line, *sources);
  if (!applied) return refuse(applied.error(), failed);
  for (const std::string& warning : applied->warnings) say(warning);
  return print(shown_settings(*applied, *sources), failed.code);
}

// The profile decides which sections of the settings count, so one that is chosen now has them applied anew.
ipc::Result<CommandLine> with_settings(CommandLine line, const std::vector<std::string>& environment) {
  const auto sources = read_setting_sources(environment);
  if (!sources) return std::unexpected(sources.error());
  auto applied = apply_settings(line, *sources);
  if (applied && wants_picker(applied->line, environment)) {
    const bool alone = line.is(Program::Exec) && line.arguments.size() == 1;  // as other tools take it
    auto name = ask_for_profile(alone ? line.arguments.front() : std::string_view());
    if (!name) return std::unexpected(name.error());
    line.given.insert_or_assign("profile", std::move(*name));
    applied = apply_settings(line, *sources);
  }
  if (!applied) return std::unexpected(applied.error());
  for (const std::string& warning : applied->warnings) say(warning);
  if (applied->line.flag("verbose")) {
    for (const std::string& told : told_settings(*applied)) say(told);
  }
  return std::move(applied->line);
}

int run_exec(const CommandLine& given) {
  const Failing failed{own_failure(given.scope.command()->program), given.flag("json")};
  auto keys = take_environment_keys(environ);  // before the environment is copied
  const std::vector<std::string> environment = own_environment();
  char folder[PATH_MAX];
  const std::string cwd = ::getcwd(folder, sizeof folder) ? folder : "/";
  const auto line = with_settings(given, environment);
  if (!line) return refuse(line.error(), failed);
  auto request = exec_request(
      *line, {environment_value(environment, "AWS_SENTINEL"), environment_value(environment, "SHELL"), cwd});
  if (!request) return refuse(with_places(request.error(), *line), failed);
  if (request->task.mode == ipc::RunMode::Login && !request->no_browser) {
    if (ipc::Status s = check_browser(environment); !s) return refuse(s.error(), failed);
  }
  if (!request->mfa_token.reveal().empty()) {
    say("the code of --mfa-token stood in the command line, which other users can read: pipe it into --mfa-token -");
  }
  if (ipc::Status s = read_mfa_code(*request); !s) return refuse(s.error(), failed);
  if (request->task.mode != ipc::RunMode::Server)
    return run_one_shot(std::move(*request), environment, std::move(keys), cwd);
  if (ipc::Status s = become_subreaper(); !s) return refuse(s.error());
  auto preparation = prepare(std::move(*request), environment, std::move(keys), cwd);
  if (!preparation) return refuse(preparation.error().error, {preparation.error().exit_code});
  return split_and_run(*preparation);
}

int run_status(const CommandLine& line) {
  if (ipc::Status fits = check_command_line(line); !fits)
    return refuse(fits.error(), {kExitNoStatus, line.flag("json")});
  const StatusForm form = line.flag("json")    ? StatusForm::Json
                          : line.flag("short") ? StatusForm::Short
                                               : StatusForm::Lines;
  return tell_status(own_environment(), form);
}

// The code counts once, and until then anybody can read it in the process list.
void hide_code(int argc, char** argv) {
  constexpr std::string_view kOption = "--mfa-token";
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    const std::string_view word(argv[i]);
    char* code = nullptr;
    if (word == kOption && i + 1 < argc) code = argv[i + 1];
    if (word.starts_with(kOption) && word.size() > kOption.size() && word[kOption.size()] == '=')
      code = argv[i] + kOption.size() + 1;
    if (code && std::string_view(code) != "-") std::fill_n(code, std::strlen(code), '*');
  }
}

int run(int argc, char** argv, std::span<const std::string_view> arguments, Failing failed) {
  const auto line = parse_command_line(arguments);
  hide_code(argc, argv);
  if (!line) return refuse(line.error(), failed);
  if (line->has("help") || line->has("help-all"))
    return print(help_text(line->scope, line->has("help-all")), failed.code);
  if (line->has("version")) return print("sentinel " SENTINEL_VERSION "\n", failed.code);
  if (line->has("print-man")) return print(manual_page(), failed.code);
  if (line->has("print-bash")) return print(bash_completion(), failed.code);
  if (line->has("print-zsh")) return print(zsh_completion(), failed.code);
  if (line->has("print-fish")) return print(fish_completion(), failed.code);
  if (!line->scope.command()) {
    const std::string group = line->scope.group() ? std::string(line->scope.group()->word) + " " : "";
    return refuse({ipc::Fault::kUsage, "no command is given", "see `sentinel " + group + "--help`", 0}, failed);
  }
  if (line->has("show-settings")) return show_settings(*line);
  if (line->is(Program::RunStatus)) return run_status(*line);
  if (!line->scope.command()->is_tool()) return run_exec(*line);
  const auto of_tool = with_log_of_runs(*line, own_environment());
  return of_tool ? become_tool(*of_tool) : refuse(of_tool.error(), failed);
}

}  // namespace
}  // namespace supervisor

int main(int argc, char** argv) {
  // Before anything else: until then a program of the same user can change what this process does (a build folder; an
  // installed program cannot be read, and is closed from its first instruction).
  const ipc::Status closed = ipc::become_unreadable();
  supervisor::fill_standard_descriptors();
  const std::vector<std::string_view> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const supervisor::Failing failed = supervisor::failing(arguments);
  if (!closed) ::_exit(supervisor::refuse(closed.error(), failed));
  // _exit: both halves end here, and nothing is left for destructors to do that the kernel does not.
  ::_exit(supervisor::run(argc, argv, arguments, failed));
}
