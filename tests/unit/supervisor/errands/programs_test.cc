#include "errands/programs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>

namespace supervisor {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> kEnvironment{"PATH=/usr/bin:/bin", "MARK=here"};

ipc::Result<RunningProgram> start(std::vector<std::string> words, std::chrono::milliseconds limit = 60s) {
  return start_program({.words = std::move(words), .environment = kEnvironment, .limit = limit});
}

// Everything that it prints, to the end of the pipe.
std::string output_of(const RunningProgram& program) {
  std::string out;
  char part[256];
  pollfd ready{program.output.get(), POLLIN, 0};
  for (ssize_t got = -1; got != 0;) {
    (void)::poll(&ready, 1, -1);
    got = ::read(program.output.get(), part, sizeof part);
    if (got < 0 && errno != EINTR && errno != EAGAIN) break;
    if (got > 0) out.append(part, static_cast<std::size_t>(got));
  }
  return out;
}

ProgramEnd end_of(const RunningProgram& program) {
  pollfd ready{program.status.get(), POLLIN, 0};
  while (true) {
    if (const auto end = program_end(program.status.get())) return *end;
    (void)::poll(&ready, 1, -1);
  }
}

std::string shell(const std::string& script) {
  auto program = start({"sh", "-c", script});
  if (!program) return program.error().what;
  const std::string out = output_of(*program);
  const ProgramEnd end = end_of(*program);
  end_program(*program);
  return out + (end.good() ? "" : "[" + describe(end) + "]");
}

// Not even a zombie that its new parent has not seen yet.
bool runs(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name = text.rfind(") ");
  return name != std::string::npos && text[name + 2] != 'Z';
}

TEST(Programs, WhatIsNotThereIsNamed) {
  EXPECT_EQ(start({}).error().what, "no program is named");
  EXPECT_EQ(start({"sentinel-none-such"}).error().what, "command sentinel-none-such was not found");
  EXPECT_EQ(start({"/etc/passwd"}).error().what, "command /etc/passwd cannot be executed: Permission denied");
}

TEST(Programs, AProgramThatTakesTooLongIsEndedWithItsGroup) {
  auto program = start({"sh", "-c", "sleep 1000 & echo $!; wait"}, 300ms);
  ASSERT_TRUE(program);
  const std::string out = output_of(*program);  // ends only when the sleeper is gone, too
  EXPECT_EQ(end_of(*program).how, ProgramEnd::How::Overdue);
  EXPECT_EQ(describe(ProgramEnd{ProgramEnd::How::Overdue}), "took longer than 60 s, and was ended");
  end_program(*program);
  EXPECT_FALSE(runs(std::stoi(out)));
}

TEST(Programs, LettingGoEndsIt) {
  auto program = start({"sh", "-c", "echo $$; exec sleep 1000"});
  ASSERT_TRUE(program);
  char part[32]{};
  pollfd ready{program->output.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&ready, 1, -1), 1);
  ASSERT_GT(::read(program->output.get(), part, sizeof part - 1), 0);
  end_program(*program);
  EXPECT_FALSE(runs(std::stoi(part)));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
  EXPECT_EQ(errno, ECHILD);
}

// Of a pipe, /proc would open it a second time, for every process of the same user.
TEST(Programs, NobodyOpensItsOutputOrInputAnew) {
  auto program = start_program({.words = {"sh", "-c", "echo $$; read -r secret; echo $secret"},
                                .environment = kEnvironment,
                                .with_input = true});
  ASSERT_TRUE(program);
  char pid[32]{};
  pollfd ready{program->output.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&ready, 1, -1), 1);
  ASSERT_GT(::read(program->output.get(), pid, sizeof pid - 1), 0);
  const std::string folder = "/proc/" + std::to_string(std::stoi(pid)) + "/fd/";
  for (const char* end : {"0", "1"}) {
    for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR}) {
      EXPECT_EQ(::open((folder + end).c_str(), flags | O_NONBLOCK | O_CLOEXEC), -1) << end;
      EXPECT_EQ(errno, ENXIO);
    }
  }
  ASSERT_EQ(::write(program->input.get(), "kept\n", 5), 5);
  EXPECT_EQ(output_of(*program), "kept\n");
  EXPECT_TRUE(end_of(*program).good());
  end_program(*program);
}

TEST(Programs, OneThatReadsItsOwnOutputMeetsTheEnd) { EXPECT_EQ(shell("read -r line <&1 || echo end"), "end\n"); }

TEST(Programs, HowItEndedIsSaid) {
  EXPECT_EQ(shell("exit 3"), "[ended with code 3]");
  EXPECT_EQ(shell("kill -9 $$"), "[was killed by signal 9 (Killed)]");
  EXPECT_EQ(shell("echo well"), "well\n");
}

TEST(Programs, ItHasASessionOfItsOwnAndNoDescriptorOfOurs) {
  int careless[2];
  ASSERT_EQ(::pipe(careless), 0);
  EXPECT_EQ(shell("ls /proc/self/fd | tr '\\n' ' '; readlink /proc/self/fd/0"), "0 1 2 3 /dev/null\n")
      << "3 is ls's own";
  EXPECT_EQ(shell("[ $(ps -o sid= -p $$) = $$ ] && [ $(ps -o pgid= -p $$) = $$ ] && echo own"), "own\n");
  ::close(careless[0]);
  ::close(careless[1]);
}

TEST(Programs, TheEnvironmentIsTheOneThatIsGiven) { EXPECT_EQ(shell("echo $MARK $HOME"), "here\n"); }

// In its group, and in another group of its session; whether or not it holds the output open.
TEST(Programs, WhatItLeavesBehindEndsWithIt) {
  for (const char* script : {"sleep 1000 > /dev/null & echo $!", "sleep 1000 & echo $!",
                             "(sleep 1000 > /dev/null & echo $!)", "set -m; sleep 1000 > /dev/null & echo $!"}) {
    auto program = start({"bash", "-c", script});
    ASSERT_TRUE(program);
    const std::string out = output_of(*program);
    EXPECT_TRUE(end_of(*program).good()) << script;
    EXPECT_FALSE(runs(std::stoi(out))) << script;  // before end_program(): the report comes after their end
    end_program(*program);
  }
}

// A gpg-agent keeps the passphrase for the next errand.
TEST(Programs, ADaemonOfItsOwnSessionStays) {
  auto program = start({"sh", "-c", "setsid sh -c 'echo $$; exec >/dev/null; exec sleep 1000' & wait $!; :"}, 300ms);
  ASSERT_TRUE(program);
  const std::string out = output_of(*program);
  EXPECT_EQ(end_of(*program).how, ProgramEnd::How::Overdue);
  end_program(*program);
  EXPECT_TRUE(runs(std::stoi(out)));
  EXPECT_EQ(::kill(std::stoi(out), SIGKILL), 0);
}

}  // namespace
}  // namespace supervisor
