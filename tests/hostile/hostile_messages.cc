#include "hostile_messages.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "ipc/codec.h"

namespace hostile {
namespace {

template <class Message>
std::string wire(const Message& message) {
  std::array<char, ipc::kMaxPacketBytes> bytes;
  return {bytes.data(), ipc::encode(message, bytes)};
}

ipc::ServeClient good(std::string_view authorization) {
  ipc::ServeClient message;
  message.request = 4242;
  message.transport = ipc::Transport::Unix;
  (void)message.authorization.assign(authorization);
  return message;
}

std::string with(std::string bytes, std::size_t at, char value) {
  bytes.at(at) = value;
  return bytes;
}

std::string with_nonce(std::string_view authorization, std::string_view nonce) {
  ipc::ServeClient message = good(authorization);
  (void)message.nonce.assign(nonce);
  return wire(message);
}

std::string for_profile(std::string_view authorization, std::string_view profile) {
  ipc::ServeClient message = good(authorization);
  (void)message.profile.assign(profile);
  return wire(message);
}

// Offsets in ServeClient: id 2, request 4, transport 1, keep_alive 1, length 4, bytes; then the nonce and the profile, likewise.
constexpr std::size_t kTransportAt = 6, kKeepAliveAt = 7, kLengthAt = 8;

std::string long_authorization(std::string_view authorization) {
  std::string bytes = wire(good(authorization)).substr(0, kLengthAt);
  bytes += std::string("\x01\x01\0\0", 4) + std::string(257, 'a');
  return bytes;
}

std::string lying_length(std::string_view authorization) {
  std::string bytes = wire(good(authorization));
  for (std::size_t i = 0; i < 4; ++i) bytes[kLengthAt + i] = '\xff';
  return bytes;
}

}  // namespace

BadPacket bad_packet(std::string_view name, std::string_view authorization) {
  const std::string serve = wire(good(authorization));
  const struct {
    std::string_view name;
    std::string bytes;
    int descriptors;
    bool credentials;
  } packets[] = {
      {"unknown-id", with(serve, 0, 99), 1, false},
      {"id-zero", with(serve, 0, 0), 1, false},
      {"of-the-supervisor", wire(ipc::Setting{}), 0, false},
      {"begin-again", wire(ipc::Begin{}), 0, false},
      {"another-listener", wire(ipc::ListenerOpened{}), 0, false},
      {"another-frontend", wire(ipc::FrontendAttached{1}), 1, false},
      {"another-log", wire(ipc::LogSink{}), 1, false},
      {"of-the-broker", wire(ipc::Done{4242, 0}), 0, false},
      {"ready", wire(ipc::Ready{}), 0, false},
      {"locked-down", wire(ipc::FrontendLockedDown{ipc::kProtocolHash, {}}), 0, false},
      {"oversize", std::string(ipc::kMaxRunPacketBytes + 1, 'x').replace(0, serve.size(), serve), 1, false},
      {"huge", std::string(100'000, 'x').replace(0, serve.size(), serve), 1, false},
      {"short", serve.substr(0, serve.size() - 1), 1, false},
      {"trailing", serve + "x", 1, false},
      {"one-byte", serve.substr(0, 1), 1, false},
      {"id-alone", serve.substr(0, 2), 1, false},
      {"empty", "", 0, false},
      {"transport-unknown", with(serve, kTransportAt, 9), 1, false},
      {"keep-alive-unknown", with(serve, kKeepAliveAt, 2), 1, false},
      {"long-authorization", long_authorization(authorization), 1, false},
      {"nul-in-authorization", wire(good(std::string("a\0b", 3))), 1, false},
      {"odd-nonce", with_nonce(authorization, "0123456789abcdef0123456789abcde\n"), 1, false},
      {"short-nonce", with_nonce(authorization, "0123456789abcdef"), 1, false},
      {"upper-nonce", with_nonce(authorization, "0123456789ABCDEF0123456789ABCDEF"), 1, false},
      {"newline-in-profile", for_profile(authorization, "ledger-prod\n"), 1, false},
      {"escape-in-profile", for_profile(authorization, "\x1b[2Jledger-prod"), 1, false},
      {"lying-length", lying_length(authorization), 1, false},
      {"no-descriptor", serve, 0, false},
      {"two-descriptors", serve, 2, false},
      {"credentials", serve, 0, true},
  };
  for (const auto& packet : packets) {
    if (packet.name == name) return {packet.bytes, packet.descriptors, packet.credentials, true};
  }
  return {};
}

int send_packet(int channel, const BadPacket& packet, int client) {
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int)) + CMSG_SPACE(sizeof(ucred))] = {};
  iovec bytes{const_cast<char*>(packet.bytes.data()), packet.bytes.size()};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  const std::size_t size = packet.credentials ? sizeof(ucred) : sizeof(int) * static_cast<std::size_t>(packet.descriptors);
  if (size != 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(size);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = packet.credentials ? SCM_CREDENTIALS : SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    const int twice[2] = {client, client};
    const ucred nobody{1, 65534, 65534};  // getpid is not among the calls that we may make
    std::memcpy(CMSG_DATA(header), packet.credentials ? static_cast<const void*>(&nobody) : twice, size);
  }
  return ::sendmsg(channel, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
}

}  // namespace hostile
