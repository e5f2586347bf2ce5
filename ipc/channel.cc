#include "ipc/channel.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ipc {
namespace {

constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(sizeof(int) * (kMaxDescriptors + 3));

// What came with one packet: more descriptors than any message has, so that too many shows, and all that kControlBytes
// can hold.
struct Accompaniment {
  std::array<UniqueFd, kControlBytes / sizeof(int)> fds;
  std::size_t count = 0;
  std::optional<Sender> sender;
};

bool take_sender(const cmsghdr& c, Accompaniment& taken) {
  ucred kernel{};
  if (taken.sender || c.cmsg_len != CMSG_LEN(sizeof kernel)) return false;
  std::memcpy(&kernel, CMSG_DATA(&c), sizeof kernel);
  taken.sender = Sender{kernel.pid, kernel.uid};
  return true;
}

// Takes ownership of every descriptor that came, before anything is judged: none may leak on a refusal.
// Returns false when there was control data that is neither the sender nor SCM_RIGHTS with whole descriptors.
bool take_control_data(msghdr& header, Accompaniment& taken) {
  bool clean = true;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
      clean = take_sender(*c, taken) && clean;
      continue;
    }
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
      clean = false;
      continue;
    }
    const std::size_t bytes = c->cmsg_len - CMSG_LEN(0);
    if (bytes % sizeof(int) != 0) clean = false;
    for (std::size_t i = 0; i + sizeof(int) <= bytes; i += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i, sizeof fd);
      taken.fds[taken.count++] = UniqueFd(fd);
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

// Before anything is sent: the kernel notes the sender of a packet only where either end wants to know by then.
Result<std::pair<UniqueFd, UniqueFd>> Channel::attested_pair() {
  auto ends = socket_pair();
  if (!ends) return ends;
  const int on = 1;
  for (const UniqueFd* end : {&ends->first, &ends->second}) {
    if (::setsockopt(end->get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) return system_error("SO_PASSCRED");
  }
  return ends;
}

Status Channel::only_from_maker() {
  ucred maker{};
  socklen_t size = sizeof maker;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &maker, &size) != 0) return system_error("SO_PEERCRED");
  if (maker.pid <= 0) return fail(Fault::kSystem, "the process that made the channel cannot be seen from here");
  only_from(maker.pid);
  return {};
}

Status Channel::check_sender(const Sender& sender) {
  if (sender.pid == peer_) return {};
  stranger_ = sender;
  return fail(Fault::kProtocol, "a packet of process " + std::to_string(sender.pid) + " of user " +
                                    std::to_string(sender.uid) + " came on the channel of process " +
                                    std::to_string(peer_));
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
  // A peer that closes with packets of ours unread makes ECONNRESET, once, ahead of what it sent before: that counts.
  bool reset_came = false;
  do {
    got = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (got < 0 && (errno == EINTR || (errno == ECONNRESET && !std::exchange(reset_came, true))));
  // Everybody reads until there is no more: the last packet, which may have held a secret, has been taken by now.
  if (got <= 0) wipe(buffer_.data(), buffer_.size());
  if (got < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return Arrival::Nothing;
    if (peer_is_gone(errno)) return Arrival::PeerGone;
    return system_error("receiving from another Sentinel process");
  }
  Accompaniment came;
  const bool clean = take_control_data(header, came);
  // An empty packet, which we never send, is the peer's end, too: but only the peer's own. The true end has no sender.
  const bool empty = got == 0 && came.count == 0;
  if (empty && (peer_ == 0 || !came.sender)) return Arrival::PeerGone;
  if (peer_ != 0) {
    if (Status ours = check_sender(came.sender.value_or(Sender{})); !ours) return std::unexpected(ours.error());
  }
  if (empty) return Arrival::PeerGone;
  if (header.msg_flags & MSG_CTRUNC) return fail(Fault::kProtocol, "control data was cut off");
  if (!clean || (peer_ == 0 && came.sender)) return fail(Fault::kProtocol, "control data is not descriptors");
  if ((header.msg_flags & MSG_TRUNC) || static_cast<std::size_t>(got) > kMaxRunPacketBytes) {
    return fail(Fault::kProtocol, "packet is too large");
  }
  Reader reader({buffer_.data(), static_cast<std::size_t>(got)});
  if (!reader.get(packet.id)) return fail(Fault::kProtocol, "packet is too short");
  if (Status admitted = gate_.admit(packet.id); !admitted) return std::unexpected(admitted.error());
  if (came.count != static_cast<std::size_t>(kMessages[row_of(packet.id)].descriptors)) {
    return fail(Fault::kProtocol,
                std::string(kMessages[row_of(packet.id)].name) + " with a wrong number of descriptors");
  }
  packet.payload = {buffer_.data() + sizeof(U16), static_cast<std::size_t>(got) - sizeof(U16)};
  if (came.count != 0) packet.descriptor = std::move(came.fds.front());
  return Arrival::Message;
}

}  // namespace ipc
