// Our end of the control channel: says that we are locked down, then takes the broker's channel and the listeners.
//
// Runs in: frontend.   Blocks: never.   Owns: the channel and its event.
// Fails: a supervisor that breaks the protocol ends the run; one that is gone, too. End of file here is the lifeline:
// the parent-death signal can be lost (broker/caller/KERNEL.md, fact 5).
#pragma once

#include <event2/event.h>

#include <string_view>

#include "ipc/channel.h"
#include "server.h"

namespace frontend {

// Descriptor 3, if it is a SOCK_SEQPACKET Unix socket; anything else means that a person started this program. It
// becomes close-on-exec, and whatever else was inherited (4 and up) is closed.
ipc::Result<ipc::UniqueFd> adopt_control_channel();

class SupervisorLink {
 public:
  SupervisorLink(event_base* base, ipc::UniqueFd control, Server& server);
  // Sends FrontendLockedDown. Ends the run if it cannot.
  void report_locked_down(std::string_view protections);

 private:
  static void on_readable(int, short, void* self);
  void receive_all();
  void on_packet(ipc::Packet& packet);
  void on_listener(ipc::Packet& packet);

  Server& server_;
  ipc::Channel channel_;
  EventPtr readable_;
};

}  // namespace frontend
