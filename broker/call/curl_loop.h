// libcurl's multi interface on the broker's event loop: curl says which sockets and which timeout it waits for, and is
// told when they come.
//
// Runs in: broker, main thread (libcurl resolves names in a thread of its own).   Blocks: never.
// Owns: the connections, closed after some seconds in which nothing was under way.
// Fails: start() and join() with false, where curl or the event loop does not take more.
// Source: libcurl-multi(3), "MULTI_SOCKET"; curl_multi_socket_action(3).
#pragma once

#include <curl/curl.h>

#include "host/timers.h"
#include "ipc/owned.h"

namespace broker {

// What an easy handle carries in CURLOPT_PRIVATE.
class CurlTransfer {
 public:
  virtual ~CurlTransfer() = default;
  // Curl is through with it. It may be destroyed in there.
  virtual void finish(CURLcode code) = 0;
};

class CurlLoop {
 public:
  // `base` outlives it, and it outlives its transfers.
  explicit CurlLoop(event_base* base) : base_(base) {}
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  [[nodiscard]] bool start();
  [[nodiscard]] bool join(CURL* easy);
  void leave(CURL* easy);
  [[nodiscard]] event_base* base() const { return base_; }

 private:
  struct Watch {
    EventPtr readiness;
  };
  [[nodiscard]] bool open_multi();
  int watch(curl_socket_t socket, int what, Watch* old);
  void advance(curl_socket_t socket, int flags);
  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* watch) noexcept;
  static int on_timer(CURLM*, long wait_ms, void* self) noexcept;
  static void on_ready(evutil_socket_t socket, short what, void* self) noexcept;
  static void on_timeout(evutil_socket_t, short, void* self) noexcept;
  static void on_rest(evutil_socket_t, short, void* self) noexcept;

  event_base* base_;
  EventPtr timer_, rest_;
  ipc::Owned<CURLM, curl_multi_cleanup> multi_;
  int under_way_ = 0;
};

}  // namespace broker
