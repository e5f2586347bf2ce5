// Serves the clients: accepts, reads one request head, refuses it or passes the connection to the broker, and goes on or
// closes when the broker is done. Never writes anything but the fixed refusals of refusals.def.
//
// Runs in: frontend, one thread.   Blocks: never.   Wakes up: not at all while there are no connections.
// Owns: listeners, connections, the link to the broker.
// Shared with the broker: each connection's description. So no fcntl, no setsockopt, every call with MSG_DONTWAIT, no
// read while the broker has it, and out of epoll before close (broker/caller/KERNEL.md, fact 8).
#pragma once

#include <event2/event.h>

#include <array>
#include <optional>
#include <vector>

#include "broker_link.h"
#include "connection_table.h"
#include "ipc/unique_fd.h"

namespace frontend {

// How long a client or the broker may take. A test may shorten them; nothing else does.
struct Patience {
  Clock::duration head = std::chrono::seconds(5);    // from accept, or from the first byte of a later request
  Clock::duration idle = std::chrono::seconds(15);   // between two requests on one connection
  Clock::duration queued = std::chrono::seconds(2);  // for the broker's queue; SDKs themselves give up by then
  Clock::duration done = std::chrono::seconds(10);   // for the broker's answer
  Clock::duration drain = std::chrono::seconds(1);   // for the client to read a refusal
  Clock::duration unwatched = std::chrono::seconds(1);  // a wait so long that a hang-up is worth noticing
  Clock::duration tick = std::chrono::milliseconds(500);  // how exactly deadlines are kept
};

struct ServerOptions {
  std::uint32_t capacity = kMaxConnections;
  std::optional<uid_t> only_uid = {};  // on Unix listeners; nothing where the kernel cannot tell us (see isolation.h)
  Patience patience = {};
};

class Server final : public BrokerListener {
 public:
  static constexpr std::size_t kMaxListeners = 4;

  Server(event_base* base, ServerOptions options);
  void set_only_uid(std::optional<uid_t> uid) { options_.only_uid = uid; }
  void attach_broker(ipc::UniqueFd fd, pid_t broker);
  // False when there are too many. Nothing is accepted before the broker is attached.
  [[nodiscard]] bool add_listener(ipc::UniqueFd fd, HostRule rule);

  void on_done(ipc::U32 request, bool closed) override;
  void on_broker_has_room() override;

 private:
  struct Listener {
    Server* server = nullptr;
    ipc::UniqueFd fd;
    HostRule rule;
    EventPtr acceptable;
  };
  enum class Accepted { Yes, NoMore, NoRoom };

  // Listeners.
  static void on_acceptable(int, short, void* listener);
  Accepted accept_one(Listener& listener);
  Accepted on_accept_error(int error);
  [[nodiscard]] bool is_stranger(int fd, const HostRule& rule) const;
  void resume_listeners();
  Connection* admit(ipc::UniqueFd fd, const HostRule& rule);
  void turn_away(ipc::UniqueFd fd, const HostRule& rule);
  bool make_room();

  // Connections.
  static void on_readable(int, short, void* connection);
  void read_head(Connection& c);
  void on_head_bytes(Connection& c);
  void on_complete_head(Connection& c);
  void forward(Connection& c);
  void next_request(Connection& c);
  void look_for_hang_up(Connection& c);
  void refuse(Connection& c, Refusal refusal);
  void drain(Connection& c);
  void watch(Connection& c);
  void unwatch(Connection& c);
  void drop(Connection& c);
  void abandon(Connection& c);

  // Time.
  static void on_tick(int, short, void* self);
  void check_deadlines();
  void on_deadline(Connection& c);
  void arm_tick();

  event_base* base_;
  ServerOptions options_;
  ConnectionTable table_;
  BrokerLink broker_;
  std::array<Listener, kMaxListeners> listeners_;
  std::size_t listener_count_ = 0;
  bool listeners_paused_ = false;
  Connection* stranger_ = nullptr;  // another user's connection; one at a time
  EventPtr tick_;
  bool tick_armed_ = false;
};

}  // namespace frontend
