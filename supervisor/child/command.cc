#include "child/command.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "ipc/channel.h"
#include "terminal/exit_codes.h"
#include "terminal/question.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

// What the waiting process still has to learn; not part of ipc/ because both ends are this program.
struct Release {
  ipc::Text<256> profile;
  ipc::Text<64> region;
  ipc::Secret<64> token, answer_key;
};
constexpr char kRelease = 'R';
constexpr std::size_t kReleaseBytes = 1 + (4 + 256) + 3 * (4 + 64);

// 0: can be executed; else the errno that execve would give. access(2) and not faccessat2: older container runtimes
// answer EPERM for a call that they do not know, and our real and effective users are the same.
int why_not_executable(const std::string& file) {
  struct stat st {};
  if (::stat(file.c_str(), &st) != 0) return errno;
  if (S_ISDIR(st.st_mode)) return EISDIR;
  return ::access(file.c_str(), X_OK) == 0 ? 0 : errno;
}

CommandError cannot_run(const std::string& name, int error) {
  if (error == ENOENT || error == ENOTDIR) {
    return {kExitNotFound, {Fault::kConfig, "command " + name + " was not found", "check its name and PATH", error}};
  }
  return {kExitNotExecutable,
          {Fault::kConfig, "command " + name + " cannot be executed: " + strerrordesc_np(error),
           "check that it is a program and may be executed", error}};
}

// The file is there; what the kernel did not find is the program that runs it.
CommandError without_interpreter(const std::string& name) {
  return {kExitNotExecutable,
          {Fault::kConfig,
           "command " + name +
               " is there, and the interpreter of its first line, or the loader that it was built for, is not",
           "look at its first line, or run: file " + name, ENOENT}};
}

bool read_release(std::string_view packet, Release& release) {
  if (!packet.starts_with(kRelease)) return false;
  ipc::Reader reader(packet.substr(1));
  return reader.get(release.profile) && reader.get(release.region) && reader.get(release.token) &&
         reader.get(release.answer_key) && reader.at_end();
}

// Until then it asks on the terminal what the keeper wants to be asked there.
bool wait_for_release(int starter, Release& release) {
  char bytes[std::max(kReleaseBytes, kMaxQuestion)];
  while (true) {
    const ssize_t got = ::recv(starter, bytes, sizeof bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    const std::string_view packet(bytes, got > 0 ? static_cast<std::size_t>(got) : 0);
    if (is_question(packet)) {
      ask_on_terminal(starter, packet.substr(1));
      continue;
    }
    const bool ok = read_release(packet, release);
    ipc::wipe(bytes, sizeof bytes);
    return ok;
  }
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

[[noreturn]] void wait_and_become_command(const CommandPlan& plan, int starter, pid_t keeper) {
  Release release;
  if (!wait_for_release(starter, release)) ::_exit(kExitOwnFailure);
  ChildFacts facts = plan.facts;
  facts.profile = release.profile.str();
  facts.region = release.region.str();
  facts.token = release.token.reveal();
  facts.answer_key = release.answer_key.reveal();
  const std::vector<std::string> environment = child_environment(plan.caller_environment, facts);
  // An extra: the keeper's own end takes the command along even when no process is left to do it in order.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != keeper) ::_exit(kExitOwnFailure);
  restore_signals(plan.signals);
  ::_exit(become_command({plan.file, plan.arguments}, environment));
}

}  // namespace

int become_command(const Execution& plan, const std::vector<std::string>& environment) {
  // Of its own and empty: what the login's keyring holds, the key to shared MFA sessions among it, is not the
  // command's. A host without keyrings has nothing there to be kept from it.
  (void)::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  const std::vector<char*> argv = pointers(plan.arguments), envp = pointers(environment);
  ::execve(plan.file.c_str(), argv.data(), envp.data());
  int error = errno;
  if (error == ENOEXEC) {  // a script without #!: shells run it with sh
    std::vector<std::string> words{"sh", plan.file};
    words.insert(words.end(), plan.arguments.begin() + 1, plan.arguments.end());
    ::execve("/bin/sh", pointers(words).data(), envp.data());
    error = errno;
  }
  const CommandError failure = error == ENOENT && why_not_executable(plan.file) == 0
                                   ? without_interpreter(plan.arguments.front())
                                   : cannot_run(plan.arguments.front(), error);
  report(failure.error);
  return failure.exit_code;
}

std::expected<std::string, CommandError> resolve_command(const std::string& name, std::string_view path) {
  if (name.find('/') != std::string::npos) {
    const int error = why_not_executable(name);
    if (error != 0) return std::unexpected(cannot_run(name, error));
    return name;
  }
  if (path.empty()) path = kDefaultPath;
  int found_but = ENOENT;
  for (bool more = true; more;) {
    const std::size_t colon = path.find(':');
    const std::string folder(path.substr(0, colon));
    const std::string file = (folder.empty() ? "." : folder) + "/" + name;
    const int error = why_not_executable(file);
    if (error == 0) return file;
    const bool not_there = error == ENOENT || error == ENOTDIR || error == EISDIR;
    if (!not_there && found_but == ENOENT) found_but = error;
    more = colon != std::string_view::npos;
    if (more) path.remove_prefix(colon + 1);
  }
  return std::unexpected(cannot_run(name, found_but));
}

ipc::Result<WaitingCommand> fork_waiting_command(const CommandPlan& plan) {
  auto ends = ipc::Channel::socket_pair();
  if (!ends) return std::unexpected(ends.error());
  const pid_t keeper = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return ipc::system_error("cannot start the command", "end some processes, or raise ulimit -u");
  if (pid == 0) {
    ends->first.reset();
    if (plan.forget) plan.forget();
    wait_and_become_command(plan, ends->second.get(), keeper);
  }
  WaitingCommand command;
  command.pid = pid;
  auto handle = ipc::Pidfd::open(pid);
  if (!handle) return std::unexpected(handle.error());
  command.handle = std::move(*handle);
  command.starter = std::move(ends->first);
  return command;
}

ipc::Status release(WaitingCommand& command, const ReleaseFacts& facts) {
  Release message;
  if (!message.profile.assign(facts.profile) || !message.region.assign(facts.region) ||
      !message.token.assign(facts.token) || !message.answer_key.assign(facts.answer_key)) {
    return ipc::fail(Fault::kProtocol, "the broker's profile, region, token or answer key is too long");
  }
  char bytes[kReleaseBytes]{kRelease};
  ipc::Writer writer(std::span<char>(bytes).subspan(1));
  writer.put(message.profile);
  writer.put(message.region);
  writer.put(message.token);
  writer.put(message.answer_key);
  const ssize_t sent = ::send(command.starter.get(), bytes, 1 + writer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  const int error = errno;
  ipc::wipe(bytes, sizeof bytes);
  command.starter.reset();
  errno = error;
  if (sent < 0) return ipc::system_error("the waiting command is gone");
  return {};
}

}  // namespace supervisor
