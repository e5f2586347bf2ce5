// What the locked-down frontend cannot do: each absent call is tried in a child of its own, with bad arguments, so that
// nothing happens even where the filter lets it through; and each must end in SIGSYS.
#include "sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <set>
#include <string>

#include "channel_numbers.h"
#include "isolation.h"

namespace {

int client[2];  // a socket pair, where a call needs a real descriptor

long call(long number, long a = -1, long b = -1, long c = -1, long d = -1, long e = -1, long f = -1) {
  return ::syscall(number, a, b, c, d, e, f);
}
long receive(int flags) {
  char byte;
  return call(SYS_recvfrom, client[0], reinterpret_cast<long>(&byte), 1, flags, 0, 0);
}
long receive_message(int flags, int fd = frontend::kBrokerDescriptor) {
  msghdr header{};
  return ::recvmsg(fd, &header, flags);
}
long send_message(int flags, int fd = frontend::kBrokerDescriptor) {
  msghdr header{};
  return ::sendmsg(fd, &header, flags);
}
constexpr int kMessageSend = MSG_DONTWAIT | MSG_NOSIGNAL, kMessageReceive = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
constexpr long kAbove32Bits = 1L << 32;

constexpr int kExitedAlive = 7, kNotLocked = 8;

// The wait status of a child that locks itself down and then acts.
template <class Act>
int in_locked_down_child(Act act) {
  EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM, 0, client));
  const pid_t pid = ::fork();
  if (pid == 0) {
    // A client's descriptors are above the channels'.
    for (int& end : client) end = ::fcntl(end, F_DUPFD, frontend::kFirstClosable);
    ::dup2(client[0], frontend::kControlDescriptor);
    ::dup2(client[0], frontend::kBrokerDescriptor);
    if (!frontend::enter_sandbox()) ::_exit(kNotLocked);
    act();
    ::_exit(kExitedAlive);
  }
  ::close(client[0]);
  ::close(client[1]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

struct AbsentCall {
  const char* name;
  long (*act)();
};

const AbsentCall kAbsent[] = {
    // Programs, processes and their memory.
    {"execve", [] { return call(SYS_execve, 0, 0, 0); }},
    {"execveat", [] { return call(SYS_execveat); }},
    {"clone", [] { return call(SYS_clone, CLONE_FS | CLONE_NEWNS); }},
    {"clone3", [] { return call(SYS_clone3, 0, 0); }},
#ifdef SYS_fork
    {"fork", [] { return call(SYS_fork); }},
    {"vfork", [] { return call(SYS_vfork); }},
#endif
    {"ptrace", [] { return call(SYS_ptrace, PTRACE_ATTACH, -1); }},
    {"process_vm_readv", [] { return call(SYS_process_vm_readv); }},
    {"process_vm_writev", [] { return call(SYS_process_vm_writev); }},
    {"pidfd_open", [] { return call(SYS_pidfd_open); }},
    {"pidfd_getfd", [] { return call(SYS_pidfd_getfd); }},
    {"kcmp", [] { return call(SYS_kcmp); }},
    {"kill", [] { return call(SYS_kill, 0x7fffffff, 0); }},
    {"tgkill", [] { return call(SYS_tgkill); }},
    {"prctl", [] { return call(SYS_prctl, PR_SET_DUMPABLE, 1); }},
    {"seccomp", [] { return call(SYS_seccomp); }},
    {"prlimit64", [] { return call(SYS_prlimit64); }},
    {"unshare", [] { return call(SYS_unshare); }},
    {"setns", [] { return call(SYS_setns); }},
    {"setresuid", [] { return call(SYS_setresuid); }},
    {"mmap of executable memory",
     [] { return call(SYS_mmap, 0, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
    {"mprotect", [] { return call(SYS_mprotect, 0, 4096, PROT_EXEC); }},
    {"memfd_create", [] { return call(SYS_memfd_create, 0); }},
    {"userfaultfd", [] { return call(SYS_userfaultfd); }},
    {"bpf", [] { return call(SYS_bpf); }},
    {"keyctl", [] { return call(SYS_keyctl); }},
// Files.
#ifdef SYS_open
    {"open", [] { return call(SYS_open, 0); }},
#endif
    {"openat", [] { return call(SYS_openat, -1, 0); }},
    {"openat2", [] { return call(SYS_openat2); }},
    {"newfstatat", [] { return call(SYS_newfstatat); }},
    {"statx", [] { return call(SYS_statx); }},
    {"read", [] { return call(SYS_read); }},
#ifndef SENTINEL_SANITIZED
    {"write", [] { return call(SYS_write); }},
#endif
    {"pread64", [] { return call(SYS_pread64); }},
    {"readv", [] { return call(SYS_readv); }},
    {"writev", [] { return call(SYS_writev); }},
    {"splice", [] { return call(SYS_splice); }},
    {"sendfile", [] { return call(SYS_sendfile); }},
    {"ioctl", [] { return call(SYS_ioctl); }},
    {"fcntl", [] { return call(SYS_fcntl); }},
    {"dup", [] { return call(SYS_dup); }},
    {"dup3", [] { return call(SYS_dup3); }},
    {"mount", [] { return call(SYS_mount); }},
    {"io_uring_setup", [] { return call(SYS_io_uring_setup, 0, 0); }},
    {"io_uring_enter", [] { return call(SYS_io_uring_enter); }},
    // Sockets: the ways to read or redirect what the broker writes (broker/caller/KERNEL.md, facts 1 and 2), and more.
    {"socket", [] { return call(SYS_socket, AF_INET, SOCK_STREAM, 0); }},
    {"socketpair", [] { return call(SYS_socketpair); }},
    {"bind", [] { return call(SYS_bind); }},
    {"listen", [] { return call(SYS_listen); }},
    {"connect", [] { return call(SYS_connect); }},
    {"accept without close-on-exec", [] { return call(SYS_accept4, -1, 0, 0, SOCK_NONBLOCK); }},
#ifdef SYS_accept
    {"accept", [] { return call(SYS_accept); }},
#endif
    {"getpeername", [] { return call(SYS_getpeername); }},
    {"setsockopt SO_TIMESTAMPING", [] { return call(SYS_setsockopt, client[0], SOL_SOCKET, SO_TIMESTAMPING, 0, 0); }},
    {"setsockopt TCP_REPAIR", [] { return call(SYS_setsockopt, client[0], IPPROTO_TCP, TCP_REPAIR, 0, 0); }},
    {"setsockopt TCP_NODELAY", [] { return call(SYS_setsockopt, client[0], IPPROTO_TCP, TCP_NODELAY, 0, 0); }},
    {"getsockopt SO_PEERPIDFD", [] { return call(SYS_getsockopt, client[0], SOL_SOCKET, 77, 0, 0); }},
    {"getsockopt TCP_INFO", [] { return call(SYS_getsockopt, client[0], IPPROTO_TCP, TCP_INFO, 0, 0); }},
    {"recvfrom MSG_ERRQUEUE", [] { return receive(MSG_DONTWAIT | MSG_ERRQUEUE); }},
    {"recvfrom MSG_PEEK and MSG_ERRQUEUE", [] { return receive(MSG_DONTWAIT | MSG_PEEK | MSG_ERRQUEUE); }},
    {"recvfrom MSG_OOB", [] { return receive(MSG_DONTWAIT | MSG_OOB); }},
    {"recvfrom that blocks", [] { return receive(0); }},
    {"recvfrom with junk above 32 bits",
     [] { return call(SYS_recvfrom, client[0], 0, 0, (1L << 40) | MSG_DONTWAIT | MSG_ERRQUEUE, 0, 0); }},
    {"recvmsg MSG_ERRQUEUE", [] { return receive_message(MSG_DONTWAIT | MSG_ERRQUEUE); }},
    {"recvmsg MSG_CMSG_CLOEXEC and MSG_ERRQUEUE",
     [] { return receive_message(MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_ERRQUEUE); }},
    {"recvmsg that leaks descriptors over exec", [] { return receive_message(MSG_DONTWAIT); }},
    {"recvmsg of a client", [] { return receive_message(kMessageReceive, client[0]); }},
    {"sendmsg to a client", [] { return send_message(kMessageSend, client[0]); }},
    {"sendmsg to the lowest descriptor", [] { return send_message(kMessageSend, 0); }},
    {"sendmsg to a channel with junk above 32 bits",
     [] {
       msghdr header{};
       return call(SYS_sendmsg, kAbove32Bits | frontend::kBrokerDescriptor, reinterpret_cast<long>(&header),
                   kMessageSend);
     }},
    {"close of the supervisors channel", [] { return call(SYS_close, frontend::kControlDescriptor); }},
#ifndef SENTINEL_SANITIZED
    {"close of the brokers channel", [] { return call(SYS_close, frontend::kBrokerDescriptor); }},
#endif
    {"close of the brokers channel with junk above 32 bits",
     [] { return call(SYS_close, kAbove32Bits | frontend::kBrokerDescriptor); }},
    {"close of a channel with junk that looks closable", [] { return call(SYS_close, kAbove32Bits | 8); }},
    {"close of the last that is kept", [] { return call(SYS_close, frontend::kFirstClosable - 1); }},
    {"close of what is above every connection", [] { return call(SYS_close, 1024); }},
    {"recvmmsg", [] { return call(SYS_recvmmsg); }},
    {"sendmsg MSG_FASTOPEN", [] { return send_message(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_FASTOPEN); }},
    {"sendmsg MSG_ZEROCOPY", [] { return send_message(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_ZEROCOPY); }},
    {"sendmsg that blocks", [] { return send_message(MSG_NOSIGNAL); }},
    {"sendmmsg", [] { return call(SYS_sendmmsg); }},
    {"sendto an address", [] { return call(SYS_sendto, client[0], 0, 0, MSG_DONTWAIT | MSG_NOSIGNAL, 1, 16); }},
    {"sendto MSG_FASTOPEN",
     [] { return call(SYS_sendto, client[0], 0, 0, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_FASTOPEN, 0, 0); }},
    // A number that no table has.
    {"no such call", [] { return call(9999); }},
};

class AbsentCalls : public ::testing::TestWithParam<AbsentCall> {};

TEST_P(AbsentCalls, EndInSigsys) {
  const int status = in_locked_down_child(GetParam().act);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
  EXPECT_EQ(SIGSYS, WTERMSIG(status));
}

INSTANTIATE_TEST_SUITE_P(All, AbsentCalls, ::testing::ValuesIn(kAbsent), [](const auto& row) {
  std::string name;
  for (const char c : std::string_view(row.param.name)) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

// Also of those that are not open: EBADF, and not the end.
bool can_close_each_connection() {
  for (int fd = frontend::kFirstClosable; fd < 1024; ++fd) {
    if (fd != client[0]) ::close(fd);
  }
  return true;
}

TEST(Sandbox, TheCallsOfServingPass) {
  const int status = in_locked_down_child([] {
    const bool ok =
        receive(MSG_DONTWAIT) < 0 && receive(MSG_DONTWAIT | MSG_PEEK) < 0 &&
        ::send(client[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 && send_message(kMessageSend) == 0 &&
        receive_message(kMessageReceive) < 0 && send_message(kMessageSend, frontend::kControlDescriptor) == 0 &&
        receive_message(kMessageReceive, frontend::kControlDescriptor) < 0 && ::shutdown(client[0], SHUT_WR) == 0 &&
        ::close(client[1]) == 0 && can_close_each_connection() && std::malloc(1 << 20) != nullptr;
    ::_exit(ok ? kExitedAlive : 1);
  });
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(kExitedAlive, WEXITSTATUS(status));
}

TEST(Sandbox, LimitsAndPrivilegesAreSeenFromOutside) {
  int ready[2];
  ASSERT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM, 0, ready));
  const pid_t pid = ::fork();
  if (pid == 0) {
    char byte = 0;
    if (!frontend::enter_sandbox()) ::_exit(kNotLocked);
    (void)::send(ready[0], &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (true) (void)::epoll_wait(-1, nullptr, 0, 0);
  }
  char byte;
  ::close(ready[0]);
  ASSERT_EQ(1, ::read(ready[1], &byte, 1));
  const auto seen = ipc::seen_from_outside(pid);
  rlimit core{}, processes{}, file{};
  EXPECT_EQ(0, ::prlimit(pid, RLIMIT_CORE, nullptr, &core));
  EXPECT_EQ(0, ::prlimit(pid, RLIMIT_NPROC, nullptr, &processes));
  EXPECT_EQ(0, ::prlimit(pid, RLIMIT_FSIZE, nullptr, &file));
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  ::close(ready[1]);
  ASSERT_TRUE(seen);
  EXPECT_EQ(2, seen->seccomp_mode);
  EXPECT_TRUE(seen->no_new_privileges);
  EXPECT_EQ(0U, core.rlim_max);
  EXPECT_EQ(0U, processes.rlim_max);
  EXPECT_EQ(0U, file.rlim_max);
}

TEST(Sandbox, NoRowAllowsAReceiveOrSendWithOpenFlags) {
  const std::set<std::string> guarded = {"accept4", "recvfrom",   "recvmsg", "sendto",
                                         "sendmsg", "getsockopt", "mmap",    "close"};
  for (const ipc::SyscallRule& rule : frontend::sandbox_rules()) {
    EXPECT_TRUE(!guarded.contains(rule.name) || rule.test.count > 0) << rule.name;
  }
}

// Optional by design; where it takes, it must take wholly.
TEST(Isolation, SaysByNameWhatItDid) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (!ipc::become_unreadable()) ::_exit(1);
    const frontend::Isolation isolation = frontend::isolate();
    if (isolation.words.empty()) ::_exit(2);
    const bool empty_root = isolation.words.find(", empty root") != std::string::npos;
    if (empty_root &&
        (isolation.sees_uids || ::access("/etc/passwd", F_OK) == 0 || ::access("/proc/self", F_OK) == 0)) {
      ::_exit(3);
    }
    if (empty_root && ::open("/x", O_CREAT | O_WRONLY, 0600) >= 0) ::_exit(4);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(0, WEXITSTATUS(status));
}

}  // namespace
