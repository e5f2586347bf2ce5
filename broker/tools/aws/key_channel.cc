#include "tools/aws/key_channel.h"

#include <sys/socket.h>

#include <cerrno>
#include <span>

namespace broker {

bool KeyChannel::send_packet() {
  const std::string_view packet = packet_.reveal();
  for (;;) {
    const ssize_t put = ::send(fd_.get(), packet.data(), packet.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    return put == static_cast<ssize_t>(packet.size());
  }
}

ipc::Result<ipc::U16> KeyChannel::receive() {
  packet_.clear();
  const std::span<char> room = packet_.room();
  ssize_t got = 0;
  do {
    got = ::recv(fd_.get(), room.data(), room.size(), MSG_TRUNC);  // answers how long the packet was
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return ipc::U16{0};
  if (static_cast<std::size_t>(got) > ipc::kMaxPacketBytes) {
    return ipc::fail(ipc::Fault::kProtocol, "packet is too large");
  }
  packet_.grow(static_cast<std::size_t>(got));
  ipc::U16 id = 0;
  if (!ipc::Reader(packet_.reveal()).get(id)) return ipc::fail(ipc::Fault::kProtocol, "packet is too short");
  if (const ipc::Status admitted = gate_.admit(id); !admitted) return std::unexpected(admitted.error());
  return id;
}

}  // namespace broker
