// Waits on 127.0.0.1 for the browser that comes back from a sign-in. Any user of this host can connect there: each
// connection is read for one head, is answered with a fixed page, and counts only with the sign-in's own state, and
// from a process of the user's own.
//
// Runs in: supervisor.   Blocks: never.   Owns: the port, and at most kMostConnections connections; the bytes are
// wiped. Fails: kSystem where no port can be had.
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/field_types.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"
#include "redirect/request.h"

namespace supervisor {

class RedirectListener {
 public:
  // More, and one has to go: another user's before the user's own, the first before the last. So neither a stranger who
  // says nothing nor a crowd of strangers holds up the user's browser.
  static constexpr std::size_t kMostConnections = 16;

  [[nodiscard]] static ipc::Result<RedirectListener> open();
  [[nodiscard]] std::uint16_t port() const { return port_; }

  void add_to(std::vector<pollfd>&) const;
  // Does what can be done now. True once the redirect is there; nothing is listened for any more then.
  [[nodiscard]] bool work(std::string_view state);
  // One of the two is there then; a code is wiped with this.
  [[nodiscard]] std::string_view code() const { return code_.reveal(); }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  struct Connection {
    ipc::UniqueFd fd;
    std::array<char, kMaxRedirectHead> bytes{};
    std::size_t size = 0;
    bool own;  // of the user's, when it came
    Connection(ipc::UniqueFd of, bool is_own) : fd(std::move(of)), own(is_own) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();
  };
  enum class Read { kMore, kOver, kRedirect };

  RedirectListener() = default;
  void accept_all();
  [[nodiscard]] bool make_room(bool for_own);
  [[nodiscard]] Read read(Connection& from, std::string_view state);

  ipc::UniqueFd listening_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;
  ipc::Secret<ipc::kMaxLoginCode> code_;
  std::string error_;
};

}  // namespace supervisor
