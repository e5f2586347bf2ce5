// What does not want to end: a program for tests of the end of a run. It ends by itself after a minute in any case.
//
//   fork_storm bomb N     each process forks without end, up to N of this user's at a time
//   fork_storm chains N   N processes, each of which is replaced by a child of its own, again and again
//   fork_storm reapers N  N generations, each in a session of its own and a subreaper of the next
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

constexpr unsigned kLife = 60;
rlim_t born = 0;

// A fork takes no alarm along, so each process sets its own to the same end.
void live_no_longer() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto age = static_cast<rlim_t>(now.tv_sec) - born;
  if (age >= kLife) ::_exit(0);
  ::alarm(static_cast<unsigned>(kLife - age));
}

void be_stubborn() {
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGCHLD}) ::signal(number, SIG_IGN);
}

void say_up() { (void)!::write(STDOUT_FILENO, "up\n", 3); }

[[noreturn]] void bomb(rlim_t most) {
  const rlimit limit{most, most};
  ::setrlimit(RLIMIT_NPROC, &limit);
  for (int i = 0; i < 4; ++i) (void)!::fork();
  say_up();
  while (true) {
    live_no_longer();
    (void)!::fork();
  }
}

[[noreturn]] void chains(long count) {
  for (long i = 1; i < count; ++i) {
    if (::fork() == 0) break;
  }
  say_up();
  while (true) {
    live_no_longer();
    if (::fork() > 0) ::_exit(0);
  }
}

[[noreturn]] void reapers(long generations) {
  for (long i = 1; i < generations; ++i) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (::fork() != 0) break;
    ::setsid();
  }
  say_up();
  live_no_longer();
  while (true) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  born = static_cast<rlim_t>(now.tv_sec);
  be_stubborn();
  const long count = std::strtol(argv[2], nullptr, 10);
  if (std::strcmp(argv[1], "bomb") == 0) bomb(static_cast<rlim_t>(count));
  if (std::strcmp(argv[1], "chains") == 0) chains(count);
  if (std::strcmp(argv[1], "reapers") == 0) reapers(count);
  return 2;
}
