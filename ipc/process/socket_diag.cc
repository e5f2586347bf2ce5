#include "ipc/process/socket_diag.h"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

namespace ipc {
namespace {

// Its number in every network namespace (the kernel insists). A socket that was bound to a device (SO_BINDTODEVICE, as
// `curl --interface lo` does) is found by that device alone, any other one by every device.
constexpr std::uint32_t kLoopback = 1;

// An address of the answer, in the socket's own family: a dual-stack socket (AF_INET6, what a JVM opens) that speaks
// IPv4 is found by its IPv4 addresses and answers with ::ffff:a.b.c.d.
bool is_address(const __be32 (&words)[4], std::uint8_t family, const in_addr& address) {
  if (family == AF_INET) return words[0] == address.s_addr;
  return family == AF_INET6 && words[0] == 0 && words[1] == 0 && words[2] == htonl(0xFFFF) &&
         words[3] == address.s_addr;
}

}  // namespace

SocketQuestion question_about(const sockaddr_in& client, const sockaddr_in& server, std::uint32_t sequence) {
  SocketQuestion q{};
  q.header.nlmsg_len = sizeof q;
  q.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  q.header.nlmsg_flags = NLM_F_REQUEST;  // no NLM_F_DUMP: exactly one socket or an error
  q.header.nlmsg_seq = sequence;
  q.request.sdiag_family = AF_INET;
  q.request.sdiag_protocol = IPPROTO_TCP;
  q.request.idiag_states = ~0U;
  q.request.id.idiag_sport = client.sin_port;
  q.request.id.idiag_dport = server.sin_port;
  q.request.id.idiag_src[0] = client.sin_addr.s_addr;
  q.request.id.idiag_dst[0] = server.sin_addr.s_addr;
  q.request.id.idiag_if = kLoopback;
  q.request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  q.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return q;
}

bool is_about(const inet_diag_msg& answer, const sockaddr_in& client, const sockaddr_in& server) {
  return answer.id.idiag_sport == client.sin_port && answer.id.idiag_dport == server.sin_port &&
         is_address(answer.id.idiag_src, answer.idiag_family, client.sin_addr) &&
         is_address(answer.id.idiag_dst, answer.idiag_family, server.sin_addr);
}

}  // namespace ipc
