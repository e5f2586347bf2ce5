#include "hostile_calls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/net_tstamp.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace hostile {
namespace {

char buffer[4096];
iovec bytes{buffer, sizeof buffer};
alignas(cmsghdr) char control[512];

msghdr empty_message() {
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  return message;
}

long receive_message(int client, int flags) {
  msghdr message = empty_message();
  return ::recvmsg(client, &message, flags);
}

long send_message(int client, int flags) {
  msghdr message = empty_message();
  message.msg_controllen = 0;
  return ::sendmsg(client, &message, flags);
}

long set(int client, int level, int name, int value) { return ::setsockopt(client, level, name, &value, sizeof value); }

long connect_nowhere(int client) {
  const sockaddr address{AF_UNSPEC, {}};
  return ::connect(client, &address, sizeof address);
}

long connect_elsewhere(int client) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

long send_elsewhere(int client) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  return ::sendto(client, buffer, 1, MSG_DONTWAIT | MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

long receive_many(int client) {
  mmsghdr messages[1] = {};
  messages[0].msg_hdr = empty_message();
  return ::recvmmsg(client, messages, 1, MSG_ERRQUEUE | MSG_DONTWAIT, nullptr);
}

long executable_page() {
  void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? -1 : 0;
}

constexpr int kStamps = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_ACK |
                        SOF_TIMESTAMPING_SOFTWARE;
constexpr unsigned long kAbove = 1UL << 32;  // junk above the 32 bits that the kernel looks at

struct Call {
  std::string_view name;
  long (*make)(int client);
};
const Call kCalls[] = {
    // Reading the answer
    {"recvmsg-errqueue", [](int c) { return receive_message(c, MSG_ERRQUEUE | MSG_DONTWAIT); }},
    {"recvmsg-errqueue-as-allowed", [](int c) { return receive_message(c, MSG_ERRQUEUE | MSG_DONTWAIT | MSG_CMSG_CLOEXEC); }},
    {"recvfrom-errqueue", [](int c) { return ::recv(c, buffer, 1, MSG_ERRQUEUE | MSG_DONTWAIT); }},
    {"recvfrom-blocking", [](int c) { return ::recv(c, buffer, 1, 0); }},
    {"recvmmsg", receive_many},
    {"read", [](int c) -> long { return ::read(c, buffer, 1); }},
    {"readv", [](int c) -> long { return ::readv(c, &bytes, 1); }},
    {"splice", [](int c) -> long { return ::splice(c, nullptr, 1, nullptr, 1, SPLICE_F_NONBLOCK); }},
    {"junk-flags", [](int c) -> long { return ::syscall(SYS_recvfrom, c, buffer, 1, kAbove | MSG_DONTWAIT, 0, 0); }},
    // Having the kernel loop it back, or lead it elsewhere
    {"timestamping", [](int c) { return set(c, SOL_SOCKET, SO_TIMESTAMPING, kStamps); }},
    {"timestamping-new", [](int c) { return set(c, SOL_SOCKET, 65, kStamps); }},
    {"nodelay", [](int c) { return set(c, IPPROTO_TCP, TCP_NODELAY, 1); }},
    {"repair", [](int c) { return set(c, IPPROTO_TCP, TCP_REPAIR, 1); }},
    {"connect-nowhere", connect_nowhere},
    {"connect-elsewhere", connect_elsewhere},
    {"sendto-elsewhere", send_elsewhere},
    {"sendmsg-zerocopy", [](int c) { return send_message(c, MSG_ZEROCOPY | MSG_DONTWAIT | MSG_NOSIGNAL); }},
    {"sendmsg-fastopen", [](int c) { return send_message(c, MSG_FASTOPEN | MSG_DONTWAIT | MSG_NOSIGNAL); }},
    {"unsent-bytes", [](int c) -> long { int n = 0; return ::ioctl(c, TIOCOUTQ, &n); }},
    {"getsockopt-other", [](int c) -> long { socklen_t n = 64; return ::getsockopt(c, IPPROTO_TCP, TCP_INFO, buffer, &n); }},
    {"fcntl", [](int c) -> long { return ::fcntl(c, F_SETFL, 0); }},
    {"dup", [](int c) -> long { return ::dup(c); }},
    // Ways out
    {"socket", [](int) -> long { return ::socket(AF_UNIX, SOCK_STREAM, 0); }},
    {"socketpair", [](int) -> long { int two[2]; return ::socketpair(AF_UNIX, SOCK_STREAM, 0, two); }},
    {"bind", [](int c) -> long { return ::bind(c, nullptr, 0); }},
    {"listen", [](int c) -> long { return ::listen(c, 1); }},
    {"pidfd-open", [](int) { return ::syscall(SYS_pidfd_open, 1, 0); }},
    {"pidfd-getfd", [](int c) { return ::syscall(SYS_pidfd_getfd, c, 0, 0); }},
    {"ptrace", [](int) { return ::ptrace(PTRACE_ATTACH, 1, 0, 0); }},
    {"vm-readv", [](int) -> long { return ::process_vm_readv(1, &bytes, 1, &bytes, 1, 0); }},
    {"open", [](int) { return ::syscall(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDONLY); }},
    {"openat2", [](int) { return ::syscall(SYS_openat2, AT_FDCWD, "/", nullptr, 0); }},
    {"memfd", [](int) { return ::syscall(SYS_memfd_create, "x", 0); }},
    {"fork", [](int) { return ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }},
    {"clone3", [](int) { return ::syscall(SYS_clone3, nullptr, 0); }},
    {"execve", [](int) { return ::syscall(SYS_execve, "/bin/true", nullptr, nullptr); }},
    {"io-uring", [](int) { return ::syscall(SYS_io_uring_setup, 1, buffer); }},
    {"unshare", [](int) -> long { return ::unshare(CLONE_NEWUSER); }},
    {"kill", [](int) -> long { return ::kill(1, 0); }},
    {"prctl", [](int) -> long { return ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }},
    {"executable-page", [](int) { return executable_page(); }},
    {"mprotect", [](int) -> long { return ::mprotect(buffer, 1, PROT_READ | PROT_EXEC); }},
    {"write", [](int c) -> long { return ::write(c, buffer, 1); }},
    {"bpf", [](int) { return ::syscall(SYS_bpf, 0, nullptr, 0); }},
};

}  // namespace

int make_call(std::string_view name, int client) {
  for (const Call& call : kCalls) {
    if (call.name != name) continue;
    return call.make(client) < 0 ? errno : 0;
  }
  return -1;
}

}  // namespace hostile
