// A real sentinel-frontend between test doubles: this process plays the supervisor, the broker and the clients, with
// the message table itself.
//
// Runs in: tests.   Blocks: with a deadline, and then the test fails.   Owns: the frontend's process, a folder for the
// Unix socket.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "ipc/channel.h"
#include "ipc/unique_fd.h"
#include "server.h"

namespace frontend_test {

inline constexpr int kSoonMs = 10'000;  // far beyond what is needed: reached only when something is broken

// A client's connection, blocking with a deadline.
class Client {
 public:
  explicit Client(ipc::UniqueFd fd) : fd_(std::move(fd)) {}
  [[nodiscard]] int fd() const { return fd_.get(); }
  void send(std::string_view bytes) const;
  // Reads until `text` was seen, or the end. The whole of it is returned.
  [[nodiscard]] std::string read_until(std::string_view text) const;
  [[nodiscard]] std::string read_all() const { return read_until({}); }
  [[nodiscard]] bool ended() const;  // the next read says end of file or reset; waits for it
  void close() { fd_.reset(); }

 private:
  ipc::UniqueFd fd_;
};

// What the broker got.
struct Asked {
  ipc::ServeClient message;
  ipc::UniqueFd client;
};

inline constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

class Rig {
 public:
  // Starts the real program; or, with `patience`, the same parts (all but main) in a forked child whose deadlines are
  // shorter, so that a test of a deadline need not wait for it.
  explicit Rig(std::optional<frontend::Patience> patience = {});
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  // Start-up, step by step; serve() does all of it.
  ipc::FrontendLockedDown await_locked_down();
  void give_broker();
  void give_unix_listener();
  void give_listeners();
  void serve();

  [[nodiscard]] Client connect_unix() const;
  [[nodiscard]] Client connect_tcp() const;
  [[nodiscard]] ipc::U16 port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

  // The broker's side.
  Asked next_request();
  [[nodiscard]] bool broker_has_nothing();  // right now
  void done(ipc::U32 request, bool closed);
  // Takes one request, writes kAnswer, sends Done; returns the message.
  ipc::ServeClient answer(bool closed);

  ipc::Channel& supervisor() { return supervisor_; }
  ipc::Channel& broker() { return broker_; }

  // Waits for the frontend's end; its wait status.
  int wait_for_end();

 private:
  std::string folder_;
  ipc::UniqueFd unix_, tcp_, broker_end_of_frontend_;
  ipc::U16 port_ = 0;
  ipc::Channel supervisor_, broker_;
  pid_t pid_ = -1;
};

// Waits until `fd` is readable; false after the deadline.
bool await_readable(int fd, int milliseconds = kSoonMs);

// A request as SDKs send it, of a client that wants to go on; `more` may say "Connection: close".
std::string get_creds(std::string_view host, std::string_view more = {});

}  // namespace frontend_test
