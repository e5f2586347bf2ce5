// The checks of how well the kernel tells who calls, and whether a program can pass for another.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "doctor/files.h"
#include "doctor/host.h"
#include "doctor/probe.h"
#include "ipc/process/pidfd.h"
#include "ipc/unique_fd.h"

namespace supervisor {
namespace {

// ---- who owns a TCP client's socket

struct TcpPair {
  ipc::UniqueFd listener, client;
  sockaddr_in client_address{}, server_address{};
};

bool connect_over_loopback(TcpPair& pair) {
  const auto name = [](int fd, sockaddr_in& address) {
    socklen_t size = sizeof address;
    return ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  };
  pair.listener = ipc::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  pair.client = ipc::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  pair.server_address.sin_family = AF_INET;
  pair.server_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* address = reinterpret_cast<const sockaddr*>(&pair.server_address);
  return pair.listener && pair.client && ::bind(pair.listener.get(), address, sizeof(sockaddr_in)) == 0 &&
         ::listen(pair.listener.get(), 1) == 0 && name(pair.listener.get(), pair.server_address) &&
         ::connect(pair.client.get(), address, sizeof(sockaddr_in)) == 0 &&
         name(pair.client.get(), pair.client_address);
}

struct Question {
  nlmsghdr header;
  inet_diag_req_v2 request;
};

Question question_about(const TcpPair& pair) {
  Question question{};
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  question.request.sdiag_family = AF_INET;
  question.request.sdiag_protocol = IPPROTO_TCP;
  question.request.idiag_states = ~0U;
  question.request.id.idiag_sport = pair.client_address.sin_port;
  question.request.id.idiag_dport = pair.server_address.sin_port;
  question.request.id.idiag_src[0] = pair.client_address.sin_addr.s_addr;
  question.request.id.idiag_dst[0] = pair.server_address.sin_addr.s_addr;
  question.request.id.idiag_cookie[0] = question.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return question;
}

// Empty where the kernel names this very socket, by user and inode.
std::string ask_for_owner(const TcpPair& pair) {
  const ipc::UniqueFd kernel(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  const Question question = question_about(pair);
  if (!kernel || ::send(kernel.get(), &question, sizeof question, MSG_NOSIGNAL) != sizeof question) {
    return error_text(errno);
  }
  alignas(nlmsghdr) char bytes[1024];
  pollfd ready{kernel.get(), POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(kProbeWait.count())) != 1) return "no answer";
  const ssize_t got = ::recv(kernel.get(), bytes, sizeof bytes, MSG_DONTWAIT);
  nlmsghdr header{};
  if (got < static_cast<ssize_t>(sizeof header)) return "no answer";
  std::memcpy(&header, bytes, sizeof header);
  if (header.nlmsg_type == NLMSG_ERROR && got >= static_cast<ssize_t>(NLMSG_HDRLEN + sizeof(nlmsgerr))) {
    nlmsgerr error{};
    std::memcpy(&error, bytes + NLMSG_HDRLEN, sizeof error);
    return error_text(-error.error);
  }
  inet_diag_msg answer{};
  if (got < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof answer)) return "a short answer";
  std::memcpy(&answer, bytes + NLMSG_HDRLEN, sizeof answer);
  struct stat client {};
  const bool right = ::fstat(pair.client.get(), &client) == 0 && answer.idiag_inode == client.st_ino &&
                     answer.idiag_uid == ::geteuid();
  return right ? "" : "it names another socket";
}

// ---- attaching

// What an ordinary user can do is the question; root can do all.
void become_ordinary() {
  constexpr uid_t kNobody = 65534;
  if (::geteuid() == 0 && (::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0))
    ::_exit(EPERM);
}

// A process as the command is: of the same user, and not hidden. It tells by `ready` that it is.
[[noreturn]] void be_attached_to(int ready) {
  become_ordinary();
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::write(ready, "r", 1) != 1) ::_exit(1);
  while (true) ::pause();
}

ProbeEnd attach_to(pid_t target) {
  return in_child([target] {
    become_ordinary();
    return ::ptrace(PTRACE_SEIZE, target, nullptr, nullptr) == 0 ? 0 : errno;
  });
}

// 0: it worked; errno where it was refused; -1: it could not be tried.
int try_to_attach() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return -1;
  const ipc::UniqueFd reading(ends[0]);
  ipc::UniqueFd writing(ends[1]);
  const pid_t target = ::fork();
  if (target < 0) return -1;
  if (target == 0) be_attached_to(writing.get());
  writing.reset();
  pollfd ready{reading.get(), POLLIN, 0};
  char sign = 0;
  const bool there =
      ::poll(&ready, 1, static_cast<int>(kProbeWait.count())) == 1 && ::read(reading.get(), &sign, 1) == 1;
  const ProbeEnd end = there ? attach_to(target) : ProbeEnd{};
  ::kill(target, SIGKILL);
  ::waitpid(target, nullptr, 0);
  return end.code;
}

// "hidepid=2", as the mount's options say it.
std::string hidepid_of(const Host& host) {
  const LookedAt mounts = look_at(host.at("/proc/self/mountinfo"));
  const std::string_view text = mounts.text.view();
  const std::size_t at = text.rfind("hidepid=");
  if (at == std::string_view::npos) return "it is not mounted, or hides them in another way";
  return std::string(text.substr(at, text.find_first_of(", \n", at) - at));
}

}  // namespace

Found check_peer_pidfd(const Host&) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return {Answer::CannotTell, "SO_PEERPIDFD could not be tried: " + error_text(errno)};
  }
  const ipc::UniqueFd one(ends[0]), other(ends[1]);
  const ipc::Result<ipc::Pidfd> peer = ipc::Pidfd::peer_of(one.get());
  if (!peer) return {Answer::No, error_text(peer.error().sys_errno)};
  const ipc::Result<ipc::ProcessInfo> info = peer->info();
  return info && info->pid == ::getpid() ? Found{Answer::Yes, ""} : Found{Answer::No, "it names another process"};
}

Found check_pidfd_info(const Host&) { return {ipc::kernel_has_pidfd_info() ? Answer::Yes : Answer::No, ""}; }

// This program is as unreadable as a run's processes are: what its own child sees of it, it would see of them.
Found check_hidden_processes(const Host& host) {
  const std::string ours = "/proc/" + std::to_string(::getpid()) + "/status";
  const ProbeEnd end = in_child([&] { return ::access(ours.c_str(), R_OK) == 0 ? 0 : 1; });
  if (end.code == 0) return {Answer::Yes, ""};
  if (end.code != 1) return {Answer::CannotTell, "whether /proc hides processes could not be tried"};
  const std::string how = hidepid_of(host);
  if (ipc::kernel_has_pidfd_info()) return {Answer::No, how + ": runs work all the same"};
  return {Answer::No, how + ": no run starts, since this kernel tells parents by /proc alone"};
}

Found check_tcp_owner(const Host&) {
  TcpPair pair;
  if (!connect_over_loopback(pair)) {
    return {Answer::CannotTell, "127.0.0.1 could not be reached, so that TCP could not be tried: " + error_text(errno)};
  }
  const std::string wrong = ask_for_owner(pair);
  return {wrong.empty() ? Answer::Yes : Answer::No, wrong};
}

Found check_ptrace(const Host& host) {
  std::string level = first_line(host.at("/proc/sys/kernel/yama/ptrace_scope"));
  if (level.empty()) level = "not there";
  const int refused = try_to_attach();
  if (refused < 0) return {Answer::CannotTell, "attaching to a process could not be tried"};
  return {refused == 0 ? Answer::No : Answer::Yes, level};
}

}  // namespace supervisor
