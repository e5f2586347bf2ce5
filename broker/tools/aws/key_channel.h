// One end of the socket between a tool and its key process: one packet is one message of ipc/messages.def. What passes
// may be a key, so a packet and what is decoded of it lie in memory for secrets, and are wiped after.
//
// Runs in: a tool and its key process.   Blocks: receive(), until the other end has sent or is gone; send(), while the
// other end has a full queue.   Owns: its descriptor. Needs ipc::SecretArena to be open.
// Fails: receive() answers kProtocol for a packet that the table forbids.
#pragma once

#include <sys/types.h>

#include <memory>
#include <new>
#include <utility>

#include "ipc/codec.h"
#include "ipc/gate.h"
#include "ipc/result.h"
#include "ipc/secret.h"
#include "ipc/unique_fd.h"

namespace broker {

// A message in memory for secrets.
template <class Message>
class InSecret {
  static_assert(alignof(Message) <= ipc::SecretArena::kPiece);

 public:
  InSecret()
      : memory_(ipc::SecretBuffer::with_capacity(sizeof(Message))), message_(::new (memory_.room().data()) Message) {}
  InSecret(InSecret&& other) noexcept
      : memory_(std::move(other.memory_)), message_(std::exchange(other.message_, nullptr)) {}
  InSecret& operator=(InSecret&&) = delete;
  ~InSecret() {
    if (message_) std::destroy_at(message_);
  }
  Message& operator*() const { return *message_; }
  Message* operator->() const { return message_; }

 private:
  ipc::SecretBuffer memory_;
  Message* message_;
};

class KeyChannel {
 public:
  KeyChannel(ipc::UniqueFd fd, ipc::Side self, ipc::Side peer)
      : fd_(std::move(fd)), gate_(self, peer), packet_(ipc::SecretBuffer::with_capacity(ipc::kMaxPacketBytes + 1)) {}

  ipc::Gate& gate() { return gate_; }
  void close() { fd_.reset(); }

  // False: the other end is gone.
  template <class Message>
  [[nodiscard]] bool send(const Message& message) {
    packet_.clear();
    packet_.grow(ipc::encode(message, packet_.room()));
    const bool sent = send_packet();
    packet_.clear();
    return sent;
  }
  // The id of the next packet, which the gate has admitted; 0: the other end is gone.
  ipc::Result<ipc::U16> receive();
  // What was received last, decoded; its bytes are wiped.
  template <class Message>
  [[nodiscard]] ipc::Result<InSecret<Message>> open() {
    InSecret<Message> message;
    const bool well_formed = ipc::decode(packet_.reveal().substr(sizeof(ipc::U16)), *message);
    packet_.clear();
    if (well_formed) return message;
    return ipc::fail(ipc::Fault::kProtocol,
                     std::string(ipc::kMessages[ipc::row_of(Message::kId)].name) + " is malformed");
  }

 private:
  [[nodiscard]] bool send_packet();

  ipc::UniqueFd fd_;
  ipc::Gate gate_;
  ipc::SecretBuffer packet_;
};

}  // namespace broker
