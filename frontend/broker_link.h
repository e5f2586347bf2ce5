// Our end of the channel to the broker: asks on behalf of clients, and hears when each was answered.
//
// Runs in: frontend.   Blocks: never.   Owns: the channel and its events.
// Fails: never to the caller; a broker that is gone or breaks the protocol ends the run (ending.h).
#pragma once

#include <event2/event.h>

#include "connection_table.h"
#include "ipc/channel.h"
#include "ipc/owned.h"

namespace frontend {

using EventPtr = ipc::Owned<event, event_free>;

// Who hears from the broker.
class BrokerListener {
 public:
  virtual void on_done(ipc::U32 request, bool closed) = 0;
  virtual void on_broker_has_room() = 0;

 protected:
  ~BrokerListener() = default;
};

class BrokerLink {
 public:
  enum class Sent { Yes, Full };

  BrokerLink(event_base* base, BrokerListener& listener) : base_(base), listener_(listener) {}
  void attach(ipc::UniqueFd fd, pid_t broker);
  [[nodiscard]] bool attached() const { return channel_.open(); }

  // Passes the client's connection on; the descriptor stays ours. Full: nothing was sent, and on_broker_has_room()
  // follows, or Done of another request, or the next tick.
  Sent serve(const Connection& c, ipc::U32 number);

 private:
  static void on_readable(int, short, void* self);
  static void on_writable(int, short, void* self);
  void receive_all();

  event_base* base_;
  BrokerListener& listener_;
  ipc::Channel channel_;
  EventPtr readable_, writable_;
};

}  // namespace frontend
