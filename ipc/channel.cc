#include "ipc/channel.h"

#include <sys/socket.h>

#include <array>
#include <cstring>

namespace ipc {
namespace {

constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(int) * (kMaxDescriptors + 3));

// What came with one packet: more than any message has, so that too many shows, and all that kControlBytes can hold.
struct Descriptors {
  std::array<UniqueFd, kControlBytes / sizeof(int)> fds;
  std::size_t count = 0;
};

// Takes ownership of every descriptor that came, before anything is judged: none may leak on a refusal.
// Returns false when there was control data that is not exactly SCM_RIGHTS with whole descriptors.
bool take_descriptors(msghdr& header, Descriptors& descriptors) {
  bool clean = true;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
      clean = false;
      continue;
    }
    const std::size_t bytes = c->cmsg_len - CMSG_LEN(0);
    if (bytes % sizeof(int) != 0) clean = false;
    for (std::size_t i = 0; i + sizeof(int) <= bytes; i += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i, sizeof fd);
      descriptors.fds[descriptors.count++] = UniqueFd(fd);
    }
  }
  return clean;
}

bool peer_is_gone(int error) { return error == ECONNRESET || error == EPIPE || error == ENOTCONN; }

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> Channel::socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return system_error("socketpair");
  return std::pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Status Channel::send_bytes(std::string_view bytes, int descriptor) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (descriptor >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(c), &descriptor, sizeof descriptor);
  }
  ssize_t sent;
  do {
    sent = ::sendmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return system_error("sending to another Sentinel process");
  return {};
}

Result<Arrival> Channel::receive(Packet& packet) {
  packet = Packet{};
  iovec part{buffer_.data(), buffer_.size()};
  alignas(cmsghdr) char control[kControlBytes];
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t got;
  do {
    got = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  // Everybody reads until there is no more: the last packet, which may have held a secret, has been taken by now.
  if (got <= 0) wipe(buffer_.data(), buffer_.size());
  if (got < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return Arrival::Nothing;
    if (peer_is_gone(errno)) return Arrival::PeerGone;
    return system_error("receiving from another Sentinel process");
  }
  Descriptors descriptors;
  const bool clean = take_descriptors(header, descriptors);
  if (got == 0 && descriptors.count == 0) return Arrival::PeerGone;  // we never send an empty packet
  if (header.msg_flags & MSG_CTRUNC) return fail(Fault::kProtocol, "control data was cut off");
  if (!clean) return fail(Fault::kProtocol, "control data is not descriptors");
  if ((header.msg_flags & MSG_TRUNC) || static_cast<std::size_t>(got) > kMaxRunPacketBytes) {
    return fail(Fault::kProtocol, "packet is too large");
  }
  Reader reader({buffer_.data(), static_cast<std::size_t>(got)});
  if (!reader.get(packet.id)) return fail(Fault::kProtocol, "packet is too short");
  if (Status admitted = gate_.admit(packet.id); !admitted) return std::unexpected(admitted.error());
  if (descriptors.count != static_cast<std::size_t>(kMessages[row_of(packet.id)].descriptors)) {
    return fail(Fault::kProtocol,
                std::string(kMessages[row_of(packet.id)].name) + " with a wrong number of descriptors");
  }
  packet.payload = {buffer_.data() + sizeof(U16), static_cast<std::size_t>(got) - sizeof(U16)};
  if (descriptors.count != 0) packet.descriptor = std::move(descriptors.fds.front());
  return Arrival::Message;
}

}  // namespace ipc
