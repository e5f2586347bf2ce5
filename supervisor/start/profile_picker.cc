#include "start/profile_picker.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "child/launch.h"
#include "ipc/commands/commands.h"
#include "ipc/text/ascii.h"
#include "ipc/unique_fd.h"
#include "start/profile_choice.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::size_t kMostNames = 256 * 1024, kLongestAnswer = 1024;

[[noreturn]] void become_lister(const std::string& path, const ipc::ToolRow& tool, int out) {
  const std::string name(tool.name);
  if (::dup2(out, STDOUT_FILENO) < 0) ::_exit(1);
  const std::array<const char*, 7> argv{name.c_str(), "profiles", "--names=true", "--color=never", "--", nullptr};
  ::execv(path.c_str(), const_cast<char* const*>(argv.data()));
  ::_exit(1);
}

// To the end of the file; what is more than fits is cut, and the end then fails.
std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 4096> part{};
  while (text.size() < kMostNames) {
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

bool ended_well(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// What is wrong the tool has said itself, on stderr.
ipc::Result<std::vector<std::string>> profile_names() {
  const ipc::ToolRow& tool = *ipc::find_tool_row(ipc::Program::Profiles);
  const auto path = find_tool(tool.folder, tool.name);
  if (!path) return std::unexpected(path.error());
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return ipc::system_error("cannot list the profiles");
  ipc::UniqueFd reading(ends[0]), writing(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return ipc::system_error("cannot list the profiles", "end some processes, or raise ulimit -u");
  if (pid == 0) become_lister(*path, tool, writing.get());
  writing.reset();
  const std::string text = read_to_end(reading.get());
  reading.reset();
  if (!ended_well(pid))
    return ipc::fail(Fault::kConfig, "no profile is named, and the profiles cannot be listed", "add --profile NAME");
  std::vector<std::string> names = lines_of(text);
  if (names.empty()) return ipc::fail(Fault::kConfig, "there are no profiles", "run aws configure");
  return names;
}

ipc::Status write_to(int tty, std::string_view text) {
  while (!text.empty()) {
    const ssize_t got = ::write(tty, text.data(), text.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return ipc::system_error("cannot ask on the terminal");
    text.remove_prefix(static_cast<std::size_t>(got));
  }
  return {};
}

// A whole line, as the terminal gives it; nothing at the end of the input (Ctrl-D).
ipc::Result<std::string> read_line(int tty) {
  std::array<char, kLongestAnswer> line{};
  ssize_t got = 0;
  do {
    got = ::read(tty, line.data(), line.size());
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return ipc::fail(Fault::kUsage, "no profile was chosen", "name one: --profile NAME");
  return std::string(ipc::trimmed({line.data(), static_cast<std::size_t>(got)}, " \t\r\n"));
}

}  // namespace

bool can_ask_for_profile() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1 &&
         static_cast<bool>(ipc::UniqueFd(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)));
}

ipc::Result<std::string> ask_for_profile(std::string_view lone) {
  const auto names = profile_names();
  if (!names) return std::unexpected(names.error());
  if (std::ranges::find(*names, lone) != names->end()) {
    return ipc::fail(ipc::Fault::kUsage, "no profile is named",
                     "a word before -- is the profile: write `sentinel exec " + std::string(lone) + " --` for a shell");
  }
  const ipc::UniqueFd tty(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!tty) return ipc::system_error("cannot ask on the terminal", "name a profile: --profile NAME");
  std::string question = "No profile is named. Which one?\n" + numbered(*names);
  while (true) {
    if (ipc::Status asked = write_to(tty.get(), question + "number or name: "); !asked)
      return std::unexpected(asked.error());
    const auto typed = read_line(tty.get());
    if (!typed) return std::unexpected(typed.error());
    auto name = chosen(*names, *typed);
    if (name) return name;
    report(name.error());
    question.clear();
  }
}

}  // namespace supervisor
