// How long from starting a command until its output is read to the end and it is reaped? Several commands take turns.
//
// bench_spawn ROUNDS COMMAND ARGS... [+ COMMAND ARGS...]...
// Prints, as one JSON line per command, milliseconds: p50, p99, the median of the differences to the first command in
// the same round; and the bytes of output of its last run.
#include <fcntl.h>
#include <spawn.h>
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
  std::vector<double> ms, more_ms;
  std::size_t output_bytes = 0;
};

double percentile(std::vector<double> values, double share = 0.5) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(static_cast<double>(values.size()) * share))];
}

std::size_t read_to_end(int fd) {
  char bytes[4096];
  std::size_t total = 0;
  for (ssize_t got; (got = ::read(fd, bytes, sizeof bytes)) > 0;) total += static_cast<std::size_t>(got);
  return total;
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
  const auto start = std::chrono::steady_clock::now();
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, command.argv[0], &actions, nullptr, command.argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return std::fprintf(stderr, "bench_spawn: %s: %s\n", command.argv[0], std::strerror(error)) < 0;
  input.reset();
  command.output_bytes = read_to_end(output.get());
  int status = 0;
  waitpid(pid, &status, 0);
  command.ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
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
      } else {
        command.more_ms.push_back(command.ms.back() - commands.front().ms.back());
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
    std::printf("{\"command\": \"%s\", \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"more_ms\": %.3f, \"output_bytes\": %zu}\n",
                command.argv[0], bench::percentile(command.ms), bench::percentile(command.ms, 0.99),
                bench::percentile(command.more_ms), command.output_bytes);
  }
}
