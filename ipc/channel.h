// One end of a SOCK_SEQPACKET socket between two of our processes: one packet is one message.
//
// Runs in: every process.   Blocks: never (MSG_DONTWAIT on each call; the shared description's flags are not touched).
// Owns: its descriptor; the descriptors of a received packet until the caller takes them.
// Fails: receive() answers kProtocol for a packet that the table forbids, and for one of a process that has no business
// with the channel; the caller closes the channel and ends the run.
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ipc/codec.h"
#include "ipc/gate.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace ipc {

// A packet that passed the gate. `payload` points into the channel and lives until the next receive().
struct Packet {
  U16 id = 0;
  std::string_view payload;
  UniqueFd descriptor;  // present exactly when the message's row says so
};

enum class Arrival { Message, Nothing, PeerGone };

// The exit status of a frontend that heard a stranger: no crash, so that it gets no second try.
inline constexpr int kStrangerExit = 17;

// What the user can do about a stranger.
inline constexpr char kAgainstStranger[] =
    "find out what that process is; install Sentinel as root, so that its helpers cannot be read from their start";

// Who sent a packet, as the kernel says; both 0 where it does not.
struct Sender {
  pid_t pid = 0;
  uid_t uid = 0;
};

class Channel {
 public:
  Channel() : gate_(Side::Supervisor, Side::Supervisor) {}
  Channel(UniqueFd fd, Side self, Side peer) : fd_(std::move(fd)), gate_(self, peer) {}
  Channel(Channel&&) = default;
  Channel& operator=(Channel&&) = default;

  // Both ends of a new socket pair, close-on-exec.
  static Result<std::pair<UniqueFd, UniqueFd>> socket_pair();
  // The same, and the kernel says of each packet which process sent it: what only_from() needs at either end.
  static Result<std::pair<UniqueFd, UniqueFd>> attested_pair();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool open() const { return static_cast<bool>(fd_); }
  void close() { fd_.reset(); }
  Gate& gate() { return gate_; }

  // From now on receive() refuses a packet of any other process, such as one that stole a duplicate of the peer's end
  // while the peer could still be read. To be called before the first receive(), on an end of an attested pair. The
  // number must be the peer's own for as long as the channel is open: of a child that is not reaped, or of our parent.
  void only_from(pid_t peer) { peer_ = peer; }
  // The same, for the end that was left to a program by the maker of the pair: its parent.
  [[nodiscard]] Status only_from_maker();
  // Who sent the packet that was refused for that.
  [[nodiscard]] const std::optional<Sender>& stranger() const { return stranger_; }

  // Sends one message with its descriptor, which stays the caller's (the kernel duplicates it).
  // Fails: kSystem; sys_errno EAGAIN when the peer's queue is full, EPIPE or ECONNRESET when it is gone.
  template <class Message>
  Status send(const Message& message, int descriptor = -1) {
    static_assert(sizeof(U16) + kMessages[row_of(Message::kId)].max_bytes <= kMaxRunPacketBytes);
    std::array<char, kMaxRunPacketBytes> bytes;
    const std::size_t size = encode(message, bytes);
    const Status sent = send_bytes({bytes.data(), size}, descriptor);
    wipe(bytes.data(), size);
    return sent;
  }

  // Takes the next packet, if one is there, and lets the gate judge it.
  Result<Arrival> receive(Packet& packet);

 private:
  Status send_bytes(std::string_view bytes, int descriptor);
  Status check_sender(const Sender& sender);
  UniqueFd fd_;
  Gate gate_;
  pid_t peer_ = 0;  // 0: any
  std::optional<Sender> stranger_;
  std::array<char, kMaxRunPacketBytes + 1> buffer_{};  // one more, so that a too large packet shows
};

// Decodes `packet` as Message, or says that it is malformed.
template <class Message>
Result<Message> open_packet(const Packet& packet) {
  Message message;
  if (!decode(packet.payload, message)) {
    return fail(Fault::kProtocol, std::string(kMessages[row_of(Message::kId)].name) + " is malformed");
  }
  return message;
}

// Opens `packet` as the one of Messages that it is, and hands it to `take`. Fails: kProtocol where it is none of them.
template <class... Messages, class Take>
Status open_as_one_of(const Packet& packet, Take&& take) {
  Status taken = fail(Fault::kProtocol, "message " + std::to_string(packet.id) + " has no receiver here");
  const auto open_as = [&]<class Message>(std::type_identity<Message>) {
    Result<Message> message = open_packet<Message>(packet);
    taken = message ? Status(take(*message)) : std::unexpected(message.error());
    return true;
  };
  (void)((packet.id == Messages::kId && open_as(std::type_identity<Messages>{})) || ...);
  return taken;
}

}  // namespace ipc
