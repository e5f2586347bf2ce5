// How long from starting a command until its first output, and until it has ended and is reaped? Several take turns.
//
// bench_spawn ROUNDS COMMAND ARGS... [+ COMMAND ARGS...]...
// Prints, as one JSON line per command, milliseconds: p50 and p99 until the end, p50 until the first byte, the medians
// of the differences of both to the first command of the same round; p50 of the processor time of all its processes,
// which a busy machine changes least; and the bytes of output of its last run.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "ipc/unique_fd.h"

namespace bench {
namespace {

constexpr int kMostRounds = 10'000;

struct Command {
  std::vector<char*> argv;
  std::vector<double> ms, more_ms, first_ms, first_more_ms, cpu_ms;
  std::size_t output_bytes = 0;
};

double percentile(std::vector<double> values, double share = 0.5) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(static_cast<double>(values.size()) * share))];
}

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double ms_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

// Reads until the end; notes when the first byte came, or the end where none did.
void read_output(int fd, Clock::time_point start, Command& command) {
  char bytes[4096];
  command.output_bytes = 0;
  const std::size_t seen = command.first_ms.size();
  for (ssize_t got = 1; got > 0; command.output_bytes += static_cast<std::size_t>(got > 0 ? got : 0)) {
    got = ::read(fd, bytes, sizeof bytes);
    if (command.first_ms.size() == seen) command.first_ms.push_back(ms_since(start));
  }
}

// One run of the command; false, with a sentence on stderr, when it did not start or did not end with status 0.
bool run_once(Command& command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  const ipc::UniqueFd output(ends[0]);
  ipc::UniqueFd input(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
  const auto start = Clock::now();
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, command.argv[0], &actions, nullptr, command.argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return std::fprintf(stderr, "bench_spawn: %s: %s\n", command.argv[0], std::strerror(error)) < 0;
  input.reset();
  read_output(output.get(), start, command);
  int status = 0;
  rusage used{};
  wait4(pid, &status, 0, &used);
  command.ms.push_back(ms_since(start));
  command.cpu_ms.push_back(ms_of(used.ru_utime) + ms_of(used.ru_stime));
  if (status == 0) return true;
  return std::fprintf(stderr, "bench_spawn: %s ended with wait status %d\n", command.argv[0], status) < 0;
}

// The commands between the `+` words.
std::vector<Command> split(int count, char** words) {
  std::vector<Command> commands(1);
  for (int i = 0; i < count; ++i) {
    if (std::strcmp(words[i], "+") == 0) {
      commands.emplace_back();
    } else {
      commands.back().argv.push_back(words[i]);
    }
  }
  for (Command& command : commands) command.argv.push_back(nullptr);
  return commands;
}

// The first round only warms the caches.
bool run_all(std::vector<Command>& commands, int rounds) {
  for (int round = 0; round <= rounds; ++round) {
    for (Command& command : commands) {
      if (!run_once(command)) return false;
      if (round == 0) {
        command.ms.clear();
        command.first_ms.clear();
        command.cpu_ms.clear();
      } else {
        command.more_ms.push_back(command.ms.back() - commands.front().ms.back());
        command.first_more_ms.push_back(command.first_ms.back() - commands.front().first_ms.back());
      }
    }
  }
  return true;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const int rounds = argc > 2 ? std::atoi(argv[1]) : 0;
  auto commands = bench::split(argc - 2, argv + 2);
  for (const auto& command : commands) {
    if (rounds >= 1 && rounds <= bench::kMostRounds && command.argv[0] != nullptr) continue;
    std::fputs("bench_spawn ROUNDS COMMAND ARGS... [+ COMMAND ARGS...]...\n", stderr);
    return 2;
  }
  if (!bench::run_all(commands, rounds)) return 1;
  for (const auto& command : commands) {
    std::printf("{\"command\": \"%s\", \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"more_ms\": %.3f, ", command.argv[0],
                bench::percentile(command.ms), bench::percentile(command.ms, 0.99), bench::percentile(command.more_ms));
    std::printf("\"first_ms\": %.3f, \"first_more_ms\": %.3f, \"cpu_ms\": %.3f, \"output_bytes\": %zu}\n",
                bench::percentile(command.first_ms), bench::percentile(command.first_more_ms),
                bench::percentile(command.cpu_ms), command.output_bytes);
  }
}
