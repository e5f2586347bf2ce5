// What `sentinel exec`, `sentinel credentials`, `sentinel whoami` or `sentinel login` is asked to do, judged: every
// senseless combination of options is refused here, none is ignored.
//
// Runs in: supervisor, before anything is opened or started.   Blocks: never.
// Fails: kUsage with one sentence and the next step.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "argument/prompt_method.h"
#include "command_line/options.h"
#include "ipc/messages.h"
#include "ipc/result.h"
#include "terminal/credentials_text.h"

namespace supervisor {

enum class OnBrokerExit { Kill, Keep };
enum class OnTamper { End, Warn };

struct ExecRequest {
  // What the broker is told, as it goes there. Paths are absolute. One of policy_parameter, policy_file and remote_url
  // is set, of whoami at most one of the first two; at most one of policy_key and policy_kms_key. What the command line
  // does not say comes with the preparation: home, os_user, environment_follows, and the transport after a fallback.
  ipc::Begin task;
  std::vector<ipc::WantedProfile> wanted;  // the profiles beside task.profile, which is empty where patterns name all
  bool no_browser = false;                 // --stdout
  ipc::ConsolePlace console;               // of login: what the broker is told beside the task
  std::optional<PromptMethod> prompt;
  ipc::Secret<16> mfa_token;
  std::optional<int> mfa_token_fd;  // it is to be read from there (run/mfa_code.h)
  bool share_mfa = false, cache = false;
  ipc::OpenerStore remember;  // lives 0: no passphrase is remembered
  bool json = false;
  KeyFormat key_format = KeyFormat::Json;
  bool first_files = false;  // of whoami's answer a first config and policy are made: sentinel init
  bool allow_tcp_fallback = false;
  std::string unix_socket_path;  // absolute, or empty: in the run folder
  std::uint16_t port = 0;
  std::string log_file;  // empty: the default file, unless log_stderr
  bool log_stderr = false, log_syslog = false, log_sync = false, quiet = false;
  OnBrokerExit on_broker_exit = OnBrokerExit::Kill;
  OnTamper on_tamper = OnTamper::End;
  std::vector<std::string> command;
};

// Of the caller's surroundings, what the judgement needs.
struct Surroundings {
  std::string_view sentinel;  // AWS_SENTINEL
  std::string_view shell;     // SHELL
  std::string_view folder;    // current directory, to make paths absolute
};

// The command whose task has this mode.
constexpr Program program_of(ipc::RunMode mode) {
  if (mode == ipc::RunMode::CredentialProcess) return Program::Credentials;
  if (mode == ipc::RunMode::Login) return Program::Login;
  return mode == ipc::RunMode::Whoami ? Program::Whoami : Program::Exec;
}

ipc::Result<ExecRequest> exec_request(const CommandLine&, const Surroundings&);

// Its part that says which profiles: the first is the task's, the others are wanted beside it.
ipc::Status take_profiles(const CommandLine&, ExecRequest&);

// Whether `text` is a one-time code: six digits, and nothing else.
bool take_mfa_digits(std::string_view text, ipc::Secret<16>& code);

// `path` as seen from `folder`.
std::string absolute_path(std::string_view path, std::string_view folder);

}  // namespace supervisor
